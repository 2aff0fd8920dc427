"""Which edit checks earn their keep: how often each fired, and what came of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from trialsite.lib.findings import Severity
from trialsite.queries.models import FiringKind
from trialsite.queries.registry import EditCheck, Registry
from visits.crfs.registry import CRFS

ENOUGH = 10  # fewer firings say nothing about a check
NOT_COUNTED = "not counted: the form is restricted"
WORTH_PCT = 20  # of its questions lead to a change


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check of one form and its record; "" where there is nothing to count."""

    form: str
    key: str
    sentence: str
    severity: str
    item: str
    fired: int
    changed: int
    confirmed: int
    standing: int
    changed_pct: str
    verdict: str


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The checks of one form; those that forms share are counted in each."""

    title: str
    lines: tuple[CheckLine, ...]


def present_checks(
    registry: Registry,
    form_keys: Collection[str],
    firings: Mapping[tuple[str, str, str], int],
    standing: Mapping[tuple[str, str], int],
) -> list[CheckGroup]:
    """The checks of the forms a person may read, each with its record."""
    counts: Counter[tuple[EditCheck, str, str]] = Counter()
    for (form, key, kind), number in firings.items():
        counts[_find(registry, form, key), form, kind] += number
    for (form, key), number in standing.items():
        counts[_find(registry, form, key), form, "standing"] += number
    groups = [_group(registry, form, counts) for form in CRFS if form in form_keys]
    return [group for group in groups if group.lines]


def pick_busiest(groups: Iterable[CheckGroup], limit: int = 20) -> list[CheckLine]:
    """The checks that fired most, over all forms."""
    lines = [line for group in groups for line in group.lines if line.fired]
    return sorted(lines, key=lambda line: (-line.fired, line.form, line.key))[:limit]


def _find(registry: Registry, form: str, key: str) -> EditCheck:
    """A key that no check has any more, because the check was taken out, keeps its record under its own name."""
    return registry.find(form, key) or EditCheck(form, key, "This check is no longer in use.", Severity.SOFT)


def _group(registry: Registry, form: str, counts: Counter[tuple[EditCheck, str, str]]) -> CheckGroup:
    own = [check for check in registry.checks if check.form == form]
    met = [check for check, of_form, _ in counts if of_form == form and check not in own]
    return CheckGroup(CRFS[form].title, tuple(_line(check, form, counts) for check in dict.fromkeys([*own, *met])))


def _line(check: EditCheck, form: str, counts: Counter[tuple[EditCheck, str, str]]) -> CheckLine:
    fired, changed, confirmed = (counts[check, form, kind.value] for kind in FiringKind)
    settled = changed + confirmed
    return CheckLine(
        form=CRFS[form].title,
        key=check.key,
        sentence=check.sentence,
        severity=check.severity.value,
        item=check.item,
        fired=fired,
        changed=changed,
        confirmed=confirmed,
        standing=counts[check, form, "standing"],
        changed_pct=f"{100 * changed // settled} %" if settled else "",
        verdict=NOT_COUNTED if CRFS[form].is_restricted else _judge(check, fired, changed, confirmed),
    )


def _judge(check: EditCheck, fired: int, changed: int, confirmed: int) -> str:
    if check.severity is Severity.MISSING:
        return "not counted: it keeps a draft a draft"
    if check.severity is Severity.HARD:
        return "refuses" if fired else "never fired"
    if changed + confirmed < ENOUGH:
        return "too few to tell" if fired else "never fired"
    earns = 100 * changed >= WORTH_PCT * (changed + confirmed)
    return "earns its keep" if earns else "mostly confirmed: costs more than it mends"
