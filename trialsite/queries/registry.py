"""The registry of edit checks: what each looks for, how hard it is, and where the protocol asks for it. Pure.

Each app that has forms lists the checks of its forms; a test holds the lists against the code of the checks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from trialsite.lib.findings import Severity


@dataclass(frozen=True, slots=True)
class EditCheck:
    """One check. A `*` in the key stands for the item or the row it looks at; `form` "" means every form."""

    form: str
    key: str
    sentence: str
    severity: Severity
    item: str = ""

    @property
    def weight(self) -> tuple[bool, int]:
        """How closely the key names what it covers: a check of the form before a shared one, then the longer name."""
        return bool(self.form), len(self.key.replace("*", ""))


Row = tuple[str, str] | tuple[str, str, str]


def list_checks(
    form: str, *, hard: Sequence[Row] = (), soft: Sequence[Row] = (), missing: Sequence[Row] = ()
) -> tuple[EditCheck, ...]:
    """The checks of one form, as rows of key, sentence and protocol item."""
    kinds = ((Severity.HARD, hard), (Severity.SOFT, soft), (Severity.MISSING, missing))
    return tuple(
        EditCheck(form, row[0], row[1], severity, row[2] if len(row) == 3 else "")
        for severity, rows in kinds
        for row in rows
    )


# Made for every number by its limits in the protocol file, and for days by rules that forms share.
SHARED = list_checks(
    "",
    hard=(
        ("*_refused", "The number is outside the limits of the protocol."),
        ("*_future", "The day or moment has not come yet."),
        ("*_before_birth", "The day is before the patient was born."),
        ("*_before_consent", "The day is before consent.", "7.1"),
        ("*_before_*", "The later of two days or moments is before the earlier one."),
    ),
    soft=(
        ("*_unusual", "The number is outside the usual range of the protocol."),
        ("*_off_visit", "The assessment was on another day than its visit."),
        ("*_changed", "The value moved since the last visit by more than the protocol expects."),
    ),
    missing=(("*_missing", "The item is needed, given the other entries."),),
)


@dataclass(frozen=True)
class Registry:
    """All edit checks, found by the form and the key that a finding carries."""

    checks: tuple[EditCheck, ...]

    def find(self, form: str, key: str) -> EditCheck | None:
        """The check that made a finding: the one that names it most closely."""
        fitting = [check for check in self._by_form.get(form, ()) + self._by_form.get("", ()) if _fits(check.key, key)]
        return max(fitting, key=lambda check: check.weight, default=None)

    @cached_property
    def _by_form(self) -> Mapping[str, tuple[EditCheck, ...]]:
        forms = {check.form for check in self.checks}
        return {form: tuple(check for check in self.checks if check.form == form) for form in forms}


def make_registry(*parts: Iterable[EditCheck]) -> Registry:
    return Registry((*SHARED, *(check for part in parts for check in part)))


def _fits(pattern: str, key: str) -> bool:
    return re.fullmatch(".+".join(re.escape(part) for part in pattern.split("*")), key) is not None
