"""What a check says about a value: a hard finding refuses, a soft one asks, a missing one keeps the form a draft."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence about one field.

    `key` names the check and stays stable, for answers to it are stored under it. `field` is the form field it stands at, or "" for the
    whole form. `item` is the part of the protocol the rule comes from.
    """

    key: str
    field: str
    message: str
    severity: Severity = Severity.HARD
    item: str = ""


def hard(key: str, field: str, message: str, item: str = "") -> Finding:
    return Finding(key=key, field=field, message=message, severity=Severity.HARD, item=item)


def soft(key: str, field: str, message: str, item: str = "") -> Finding:
    return Finding(key=key, field=field, message=message, severity=Severity.SOFT, item=item)


def missing(key: str, field: str, message: str, item: str = "") -> Finding:
    """An item that this patient needs and another would not: it never blocks saving, only completing."""
    return Finding(key=key, field=field, message=message, severity=Severity.MISSING, item=item)


def only_hard(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.HARD]


def only_soft(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.SOFT]
