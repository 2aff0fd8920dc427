"""What every fault is tried on: a fresh database with the product over it, set up before Django is loaded."""

import os
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


@contextmanager
def open_bench(database_name: str, folder: Path, port: int, minutes: float) -> Iterator[Bench]:
    """Load Django on a fresh, migrated database in `folder`; stop everything afterwards, whatever happened."""
    database = open_database(database_name, folder)
    # One of this run alone: not what the shell may name for other work.
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "TRIALSITE_MODE": "demo",
        "TRIALSITE_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "trialsite.settings",
    }
    if database.url:
        os.environ["DATABASE_URL"] = database.url
    product = Product(folder, port, dict(os.environ))
    try:
        _load_django()
        yield Bench(folder, database, product, time.monotonic() + minutes * 60)
    finally:
        product.stop()
        database.close()


def _load_django() -> None:
    import django  # noqa: PLC0415 - it reads the environment when it is loaded
    from django.core.management import call_command  # noqa: PLC0415 - as above

    django.setup()
    call_command("migrate", verbosity=0)
