#!/usr/bin/env python3
"""Puts a built gatewright into the archive of a release.

    tools/release/archive.py BINARY TARGET FOLDER

FOLDER/gatewright-VERSION-TARGET.tar.gz, or .zip for Windows, holds the program, its manual pages,
the completions of shells, the licences and the changelog. The same program gives the same bytes:
names are sorted, times are those of SOURCE_DATE_EPOCH (or of the commit), owners are left out.
Prints the path of the archive.
"""

import gzip
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"]
# The name that each shell looks for.
COMPLETIONS = {
    "bash": "gatewright.bash",
    "zsh": "_gatewright",
    "fish": "gatewright.fish",
    "powershell": "gatewright.ps1",
}


def changed() -> int:
    """When what is packed was last changed, in seconds."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    log = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(log, check=True, capture_output=True, text=True).stdout)


def files(binary: pathlib.Path, windows: bool, when: int) -> dict[str, tuple[bytes, int]]:
    """Path in the archive -> contents and mode."""
    found = {"gatewright.exe" if windows else "gatewright": (binary.read_bytes(), 0o755)}
    for name in TEXTS:
        found[name] = ((ROOT / name).read_bytes(), 0o644)
    date = time.strftime("%Y-%m-%d", time.gmtime(when))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([binary, "man", "--out", folder, "--quiet", "--date", date], check=True)
        pages = sorted(pathlib.Path(folder).glob("*.1"))
        if not pages:
            sys.exit("the program wrote no manual page")
        for page in pages:
            found[f"man/{page.name}"] = (page.read_bytes(), 0o644)
    for shell, name in COMPLETIONS.items():
        command = [binary, "completions", shell]
        script = subprocess.run(command, check=True, capture_output=True).stdout
        found[f"completions/{name}"] = (script, 0o644)
    return found


def tar(path: pathlib.Path, top: str, found: dict[str, tuple[bytes, int]], when: int) -> None:
    """One .tar.gz without the time and the name of the machine that made it."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=when) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, (data, mode) in sorted(found.items()):
                entry = tarfile.TarInfo(f"{top}/{name}")
                entry.size, entry.mode, entry.mtime = len(data), mode, when
                archive.addfile(entry, io.BytesIO(data))


def pack_zip(path: pathlib.Path, top: str, found: dict[str, tuple[bytes, int]], when: int) -> None:
    """One .zip, whose times are UTC."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (data, mode) in sorted(found.items()):
            entry = zipfile.ZipInfo(f"{top}/{name}", time.gmtime(when)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            archive.writestr(entry, data)


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    binary, target, folder = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], pathlib.Path(sys.argv[3])
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    if said.split()[1:2] != [version]:
        sys.exit(f"Cargo.toml says {version}, the program {said.strip()}")
    folder.mkdir(parents=True, exist_ok=True)
    windows, when = "windows" in target, changed()
    top = f"gatewright-{version}-{target}"
    path = folder / (top + (".zip" if windows else ".tar.gz"))
    (pack_zip if windows else tar)(path, top, files(binary, windows, when), when)
    print(path)


main()
