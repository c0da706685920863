"""No dependency asks for a newer Rust than Cargo.toml promises (`rust-version`)."""

import json
import subprocess
import sys


def number(text: str) -> tuple[int, ...]:
    """1.95 -> (1, 95, 0)."""
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


command = ["cargo", "metadata", "--locked", "--format-version", "1"]
packages = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
promised = next(one["rust_version"] for one in packages if one["name"] == "gatewright")
newer = [
    f"{one['name']} {one['version']} needs Rust {one['rust_version']}"
    for one in packages
    if one["rust_version"] and number(one["rust_version"]) > number(promised)
]
if newer:
    sys.exit(f"Cargo.toml promises Rust {promised}:\n" + "\n".join(newer))
