"""Files that the commands of the endpoints write."""

import tempfile
from pathlib import Path

from django.core.management.base import CommandError


def replace_file(path: Path, text: str) -> None:
    """Write beside the place first: a file is either the whole new one or the one that was there."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="", delete=False) as file:
            file.write(text)
        Path(file.name).chmod(0o600)
        Path(file.name).replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
