"""The files of others are the files they published."""

import hashlib
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
OWN = {"SHA256SUMS", "README.md"}


def read_sums() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def compute_sums() -> dict[str, str]:
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name not in OWN]
    return {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_vendored_file_has_its_published_content() -> None:
    assert read_sums() == compute_sums()


def test_every_vendored_package_brings_its_licence() -> None:
    packages = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert packages
    assert [path.name for path in packages if not (path / "LICENSE").is_file()] == []
