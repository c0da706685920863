#!/usr/bin/env python3
"""What has to agree before a release.

    tools/release/check.py [TAG]

The version of Cargo.toml is that of Cargo.lock, of the tag (`v1.2.3`), and of a dated section of
CHANGELOG.md. Without a TAG the changelog may still say "Unreleased". Prints the version.
"""

import datetime
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def dated(head: str, version: str) -> bool:
    """Whether the head of a section is the version and a day."""
    name, _, day = head.partition(" - ")
    try:
        return name == version and datetime.date.fromisoformat(day) is not None
    except ValueError:
        return False


def main() -> None:
    tag = sys.argv[1] if len(sys.argv) > 1 else None
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    wrong = []
    locked = [
        package["version"]
        for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
        if package["name"] == "gatewright"
    ]
    if locked != [version]:
        wrong.append(f"Cargo.lock has {locked}: run `cargo update --workspace`")
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    if tag:
        if tag != f"v{version}":
            wrong.append(f"the tag is {tag}, which is not v{version}")
        if not dated(heads[0] if heads else "", version):
            wrong.append(f"CHANGELOG.md must begin with `## {version} - YYYY-MM-DD`")
    elif not heads or not (heads[0] == "Unreleased" or heads[0].startswith(f"{version} - ")):
        wrong.append("CHANGELOG.md must begin with `## Unreleased` or with the version of Cargo.toml")
    if wrong:
        sys.exit("\n".join(f"error: {one}" for one in wrong))
    print(version)


main()
