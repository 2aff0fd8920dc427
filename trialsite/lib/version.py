"""Which version of Trialsite runs here."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("trialsite", "enrollment", "visits", "endpoints", "templates", "static/js")
_KINDS = frozenset({".py", ".html", ".js", ".txt", ".toml", ".css"})


@cache
def get_version() -> str:
    """The number of the version, such as 0.1.0. It is run from its folder and never installed, so the folder tells it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@cache
def get_source_digest() -> str:
    """Sixteen hexadecimal digits over all that the product is made of, of which two versions with one number differ; read once per process."""
    told = hashlib.sha256()
    for part in _PARTS:
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in _KINDS and path.is_file():
                told.update(f"{path.relative_to(ROOT).as_posix()}\n".encode() + path.read_bytes() + b"\n")
    return told.hexdigest()[:16]
