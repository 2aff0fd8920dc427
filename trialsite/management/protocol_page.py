"""The reference page of what the study team must confirm: every setting that no public source settles."""

from itertools import groupby
from pathlib import Path

from trialsite.protocol.describe import list_open_settings
from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Setting

PREMISE = Path(__file__).parents[1] / "protocol" / "premise.toml"

HEAD = """# What the study team confirms

*Written by `manage.py write_reference` from `trialsite/protocol/premise.toml`; a test compares.*

The public record of PREMiSe does not settle these settings. Each stands in the protocol file with a default, marked by what it rests on: P is
a choice made for this software, U is unknown in public, K is common knowledge of the field with high, medium or low confidence. A trial
writes its own file, and names it in `TRIALSITE_PROTOCOL_FILE`. Settings that help to guess an arm are left out here.
"""


def write_protocol_page() -> str:
    settings = list_open_settings(load_protocol(PREMISE))
    groups = groupby(settings, key=lambda setting: _area(setting.key))
    return HEAD + "".join(_table(area, list(found)) for area, found in groups)


def _area(key: str) -> str:
    parts = key.split(".")
    return ".".join(parts[:2]) if parts[0] == "limits" else parts[0].split("[")[0]


def _table(area: str, settings: list[Setting]) -> str:
    lines = [f"| `{setting.key}` | {_cell(setting.value)} | {setting.basis} |" for setting in settings]
    return "\n".join([f"\n## {area}\n", "| setting | default | rests on |", "| --- | --- | --- |", *lines]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
