"""Which code computed a number: a digest over the source of the endpoints and of what reads the protocol file, and over the versions of the
language and the libraries they use."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

_HOUSE = Path(__file__).parent.parent
_FOLDERS = ("endpoints", "trialsite/lib", "trialsite/protocol")
_LIBRARIES = ("matplotlib", "numpy", "pandas", "scipy", "statsmodels")


@cache
def get_code_version() -> str:
    """Sixteen hexadecimal digits. Equal for equal sources and libraries; read once per process."""
    told = hashlib.sha256(f"python {platform.python_version()}\n".encode())
    for path in sorted(path for folder in _FOLDERS for path in (_HOUSE / folder).rglob("*.py")):
        told.update(f"{path.relative_to(_HOUSE).as_posix()}\n".encode() + path.read_bytes() + b"\n")
    for name in _LIBRARIES:
        told.update(f"{name} {version(name)}\n".encode())
    return told.hexdigest()[:16]
