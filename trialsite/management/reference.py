"""The pages under docs/reference/ and docs/validation/, each written from the code it describes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from trialsite.lib.settings_page import write_settings_page
from trialsite.management.access_page import write_access_page
from trialsite.management.dictionary_page import write_dictionary_page
from trialsite.management.protocol_page import write_protocol_page
from trialsite.management.traceability_page import write_traceability_page

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

# A new page is one line here; the test for drift and the command find it.
PAGES: Mapping[str, Callable[[], str]] = {
    "access.md": write_access_page,
    "data_dictionary.md": write_dictionary_page,
    "protocol.md": write_protocol_page,
    "settings.md": write_settings_page,
    "../validation/traceability.md": write_traceability_page,
}


def drifted_pages() -> list[str]:
    """The pages that no longer say what the code says."""
    return [name for name, write in PAGES.items() if read_page(name) != write()]


def read_page(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write_pages() -> None:
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
