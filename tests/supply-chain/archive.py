"""The archives of a release hold what docs/install.md says, run, and are the same bytes twice."""

import hashlib
import pathlib
import subprocess
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
WANTED = {
    "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "man/gatewright.1", "man/gatewright-plan.1",
    "completions/gatewright.bash", "completions/_gatewright", "completions/gatewright.fish", "completions/gatewright.ps1",
}  # fmt: skip


def made(target: str, folder: str) -> pathlib.Path:
    """The archive for a target."""
    command = [sys.executable, ROOT / "tools/release/archive.py", BINARY, target, WORK / folder]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return pathlib.Path(said.strip())


def names(paths: list[str], program: str) -> None:
    """One folder, and in it what is wanted."""
    tops = {path.split("/", 1)[0] for path in paths}
    assert len(tops) == 1, tops
    inside = {path.split("/", 1)[1] for path in paths}
    assert WANTED | {program} <= inside, (WANTED | {program}) - inside


linux = made("x86_64-unknown-linux-gnu", "one")
with tarfile.open(linux) as archive:
    names(archive.getnames(), "gatewright")
    assert all(entry.uid == 0 and not entry.uname for entry in archive)
    archive.extractall(WORK / "out", filter="data")
program = next((WORK / "out").glob("*/gatewright"))
said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
assert said.startswith("gatewright "), said
digest = [hashlib.sha256(path.read_bytes()).digest() for path in (linux, made("x86_64-unknown-linux-gnu", "two"))]
assert digest[0] == digest[1], "the same program gave other bytes"
with zipfile.ZipFile(made("x86_64-pc-windows-msvc", "one")) as archive:
    names(archive.namelist(), "gatewright.exe")
