"""The patient of the tests of printing, whose listing is taken and read by zipfile and csv."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.printing.conftest import _makers, data_dir, make, vital_signs
from trialsite.accounts.models import User
from trialsite.printing.words import LISTING

__all__ = ["_makers", "data_dir", "vital_signs"]


def take(user: User, site: str = "") -> Path:
    return make(user, LISTING, site=site)


def read_members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def read_manifest(members: dict[str, bytes]) -> dict[str, Any]:
    return dict(json.loads(members["manifest.json"]))


def read_table(members: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(members[f"tables/{name}.csv"].decode("utf-8-sig"), newline="")))
