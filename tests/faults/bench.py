"""What every fault is tried on: a fresh database with the product over it, set up before Django is loaded."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.databases import Database, open_database
from tests.faults.product import Product


@dataclass
class Bench:
    folder: Path
    database: Database
    product: Product
    give_up_at: float
    small_disk_mb: int = 0

    @property
    def small_disk(self) -> Path:
        """Where the database lies, when its disk is a small one."""
        return self.folder / "small"


@contextmanager
def open_bench(database_name: str, folder: Path, port: int, minutes: float, small_disk_mb: int = 0) -> Iterator[Bench]:
    """Load Django on a fresh, migrated database in `folder`; stop everything afterwards, whatever happened.

    With `small_disk_mb`, the database lies on a file system of that size; whoever runs this must be allowed to mount one.
    """
    with _small_disk(folder / "small", small_disk_mb) as place:
        yield from _open(database_name, folder, place or folder, port, minutes, small_disk_mb)


@contextmanager
def _small_disk(folder: Path, size_mb: int) -> Iterator[Path | None]:
    if not size_mb:
        yield None
        return
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)], check=True)  # noqa: S607 - of the system
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607 - of the system


def _open(
    database_name: str, folder: Path, place: Path, port: int, minutes: float, small_disk_mb: int
) -> Iterator[Bench]:
    database = open_database(database_name, place)
    # One of this run alone: not what the shell may name for other work.
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "TRIALSITE_MODE": "demo",
        "TRIALSITE_DATA_DIR": str(place / "data"),
        "DJANGO_SETTINGS_MODULE": "trialsite.settings",
    }
    if database.url:
        os.environ["DATABASE_URL"] = database.url
    product = Product(folder, port, dict(os.environ))
    try:
        _load_django()
        yield Bench(folder, database, product, time.monotonic() + minutes * 60, small_disk_mb)
    finally:
        product.stop()
        database.close()


def _load_django() -> None:
    import django  # noqa: PLC0415 - it reads the environment when it is loaded
    from django.core.management import call_command  # noqa: PLC0415 - as above

    django.setup()
    call_command("migrate", verbosity=0)
