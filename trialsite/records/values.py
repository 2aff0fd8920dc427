"""What pure checks work on: the values typed into a form, by field name; and what follows from them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """A value the system derives from what stands in the form. Never entered, never stored: always the same from the same entries."""

    label: str
    value: str
    note: str = ""
    is_alert: bool = False
