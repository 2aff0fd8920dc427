"""What the limits of the protocol and a form's own checks say about its values, and whether an answer to a question still fits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from trialsite.lib.findings import Finding, hard, only_soft, soft
from trialsite.lib.units import say_unit
from trialsite.protocol.model import Limit, Protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.diff import digest_of, to_plain
from trialsite.records.models import CaseReportForm
from trialsite.records.values import Values

_DECIMAL = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a stored form. `fingerprint` changes with the question and with the value; `answer` is "" while there is none."""

    finding: Finding
    fingerprint: str
    answer: str


def find_limits(form_key: str, values: Values, protocol: Protocol) -> list[Finding]:
    """Numbers outside the protocol's limits: refused beyond the hard ones, questioned beyond the usual ones."""
    found = []
    for name, value in values.items():
        limit = protocol.limit(form_key, name.rsplit(".", 1)[-1])
        if limit is None or not isinstance(value, int | Decimal) or isinstance(value, bool):
            continue
        if limit.refuses(value):
            allowed = f"{say_range(limit.hard_min, limit.hard_max)}{_after(limit)}"
            sentence = f"Must be {allowed}. Correct the value, or say why there is none."
            found.append(hard(f"{name}_refused", name, sentence))
        elif limit.questions(value):
            usual = say_range(limit.soft_min, limit.soft_max)
            sentence = f"{_in_digits(value)}{_after(limit)} is outside the usual range ({usual}). Is it right?"
            found.append(soft(f"{name}_unusual", name, sentence))
    return found


def fingerprint_of(finding: Finding, value: Any) -> str:
    """The same for the same question to the same value, however many zeros a number is written with."""
    sentence = _DECIMAL.sub(lambda number: str(to_plain(Decimal(number[0]))), finding.message)
    return digest_of({"sentence": sentence, "value": value})[:16]


def stored_answer(record: CaseReportForm, finding: Finding, fingerprint: str) -> str:
    """The answer given before, as long as it was given to this very question about this very value."""
    given = record.confirmed.get(finding.key, {})
    return str(given.get("answer", "")) if given.get("for") == fingerprint else ""


def judge_stored(
    definition: CrfDefinition, record: CaseReportForm, rows: Mapping[str, Any], context: Any, protocol: Protocol
) -> list[Asked]:
    """The questions that a form raises as it is stored. `rows`: input name -> value of its grid."""
    values = _stored_values(definition, record, rows)
    found = [*find_limits(definition.key, values, protocol), *definition.check(values, context)]
    asked = []
    for finding in only_soft(found):
        fingerprint = fingerprint_of(finding, values.get(finding.field))
        asked.append(Asked(finding, fingerprint, stored_answer(record, finding, fingerprint)))
    return asked


def _stored_values(definition: CrfDefinition, record: CaseReportForm, rows: Mapping[str, Any]) -> dict[str, Any]:
    """As a form reads them: times on the site's clock, and every cell of the grid, also where no row is stored."""
    values = {name: _local(record.get_value(name)) for name in definition.field_names}
    grid = definition.grid
    if grid is not None:
        values |= {name: _local(rows.get(name, grid.blank_of(column))) for name, column in grid.inputs()}
    return values


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def say_range(least: Decimal | None, most: Decimal | None) -> str:
    if least is None:
        return f"at most {most}"
    if most is None:
        return f"at least {least}"
    return f"{least}" if least == most else f"between {least} and {most}"


def _in_digits(value: int | Decimal) -> str:
    """A number that was typed as 1e3 reads 1000."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _after(limit: Limit) -> str:
    return f" {say_unit(limit.unit)}".rstrip()
