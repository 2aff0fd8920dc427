"""The flow diagram and the accrual as tables. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from endpoints.accrual import PhaseAccrual
from endpoints.counted import PRESENT
from endpoints.flow import Count, FlowColumn, PhaseFlow
from endpoints.flow_steps import PART, name_step
from endpoints.layout import NOT_DEFINED, Column, Table
from endpoints.statistics.accrual_forecast import forecast_accrual
from endpoints.wording import write_number

_INDENT = "\N{EN DASH} "


def make_flow_table(flow: PhaseFlow) -> Table:
    """Each box of the diagram as a row, arms (or all patients) as columns."""
    arms = flow.columns if flow.has_arms else ()
    columns = (
        Column("Step", is_number=False),
        Column("All", which=PRESENT),
        *(Column(arm.label, which=PRESENT, at=(("group", arm.key),)) for arm in arms),
    )
    lines = (*_list_entry(flow), *_list_course(flow))
    rows = tuple((line.label, *line.numbers) for line in lines)
    behind = tuple(name_step(flow.phase_number, line.step, line.reason) for line in lines)
    return Table(f"phase-{flow.phase_number}", f"Flow of patients, {flow.label}", columns, rows, behind=behind)


@dataclass(frozen=True, slots=True)
class _Line:
    """A box: how it is called, its numbers as printed, its key, and the reason where it is a part of a box."""

    label: str
    numbers: tuple[str, ...]
    step: str
    reason: str = ""


def _list_entry(flow: PhaseFlow) -> Iterator[_Line]:
    blanks = ("",) * (len(flow.columns) if flow.has_arms else 0)
    yield _Line("Assessed for eligibility", (str(flow.assessed), *blanks), "assessed")
    yield _Line("Excluded", (str(flow.excluded), *blanks), "excluded")
    for count in flow.excluded_by:
        yield _Line(f"{_INDENT}{count.label}", (str(count.number), *blanks), "excluded", count.label)
    yield _Line("Still in screening", (str(flow.in_screening), *blanks), "in_screening")


def _list_course(flow: PhaseFlow) -> Iterator[_Line]:
    arms = flow.columns
    yield _line(flow.entry_word, [one.entered for one in arms], flow, "entered")
    yield _line("Procedure begun", [one.treated for one in arms], flow, "treated")
    yield _line("Procedure still to come", [one.awaiting for one in arms], flow, "awaiting")
    yield _line("No procedure", [one.not_treated_total for one in arms], flow, "not_treated")
    yield from _list_reasons([one.not_treated for one in arms], flow, "not_treated")
    yield _line("Follow-up completed", [one.completed for one in arms], flow, "completed")
    yield _line("In follow-up", [one.in_follow_up for one in arms], flow, "in_follow_up")
    yield _line("Follow-up ended early", [one.stopped_total for one in arms], flow, "stopped")
    yield from _list_reasons([one.stopped for one in arms], flow, "stopped")
    yield _line("Analyzed", [one.analyzed for one in arms], flow, "analyzed")
    yield from _list_reasons([one.not_analyzed for one in arms], flow, "not_analyzed")


def _line(label: str, numbers: list[int], flow: PhaseFlow, step: str, reason: str = "") -> _Line:
    printed = (str(sum(numbers)), *(map(str, numbers) if flow.has_arms else ()))
    return _Line(label, printed, step, reason)


def _list_reasons(counts: list[tuple[Count, ...]], flow: PhaseFlow, step: str) -> Iterator[_Line]:
    labels = dict.fromkeys(count.label for column in counts for count in column)
    for label in labels:
        yield _line(f"{_INDENT}{label}", [_find(column, label) for column in counts], flow, step, label)


def _find(counts: Iterable[Count], label: str) -> int:
    return sum(count.number for count in counts if count.label == label)


def describe_flow(flow: PhaseFlow) -> str:
    """The diagram in one paragraph, for those who cannot see it."""
    return " ".join([f"{flow.equation}.", *(_describe_column(flow, column) for column in flow.columns)])


def _describe_column(flow: PhaseFlow, column: FlowColumn) -> str:
    return (
        f"{column.label}: {column.entered} {flow.entry_word.lower()}, {column.treated} with procedure begun, "
        f"{column.completed} completed, {column.in_follow_up} in follow-up, {column.stopped_total} ended early, "
        f"{column.analyzed} analyzed."
    )


def make_accrual_table(accrual: PhaseAccrual) -> Table:
    columns = (
        Column("Month", is_number=False),
        Column("Registered", which=PRESENT, at=(("outcome", "registered_in"),)),
        Column("Entered", which=PRESENT),
        Column("Entered so far", which=PRESENT, at=(("outcome", "entered_by"),)),
    )
    number = accrual.phase_number
    behind = tuple(name_step(number, "entered_in", f"{one.first_day:%Y-%m}", report=PART) for one in accrual.months)
    rows = tuple(
        (month.label, str(month.registered), str(month.entered), str(month.entered_so_far)) for month in accrual.months
    )
    caption = f"Patients by month, {accrual.label}; {accrual.planned_n} planned"
    note = "Months in which nobody came are left out."
    return Table(f"phase-{number}", caption, columns, rows, (note,), behind)


_DAYS_PER_MONTH = 365.25 / 12
_FARTHEST_DAYS = 36_525
"""A hundred years: a day beyond is no forecast."""


def make_forecast_table(accruals: Iterable[PhaseAccrual], last: date) -> Table:
    """When each phase will be full, as seen from the last day on which somebody was registered or entered."""
    headings = (
        "Entered",
        "Planned",
        "To come",
        "A month",
        "95 % lower",
        "95 % upper",
        "Full on",
        "Not before",
        "Not after",
    )
    shown = list(accruals)
    entered, *others = map(Column, headings)
    columns = (Column("Phase", is_number=False), replace(entered, which=PRESENT), *others)
    rows = tuple(_forecast(one, last) for one in shown)
    behind = tuple(name_step(one.phase_number, "entered", report=PART) for one in shown)
    notes = (
        (
            f"Counted to {last}, from the first patient entered. Patients are taken to come at a constant rate (Poisson): exact "
            "limits of the rate, and a 95 % prediction interval for the day of the last planned patient."
        ),
        "A dash: nobody is to come, nobody has entered yet, or the day is more than a hundred years away.",
    )
    return Table("forecast", "Forecast of accrual", columns, rows, notes, behind)


def _forecast(accrual: PhaseAccrual, last: date) -> tuple[str, ...]:
    entered, planned = len(accrual.entered_on), accrual.planned_n
    remaining = max(0, planned - entered)
    days = (last - accrual.entered_on[0]).days + 1 if accrual.entered_on else 0
    found = forecast_accrual(entered, days, remaining)
    head = (accrual.label, str(entered), str(planned), str(remaining))
    if found is None:
        return (*head, *[NOT_DEFINED] * 6)
    rates = (found.rate, found.rate_interval.low, found.rate_interval.high)
    ends = (found.days, found.interval.low, found.interval.high)
    return (
        *head,
        *(write_number(_DAYS_PER_MONTH * rate, 1) for rate in rates),
        *(_add_days(last, end) for end in ends),
    )


def _add_days(last: date, days: float) -> str:
    return str(last + timedelta(days=round(days))) if days < _FARTHEST_DAYS else NOT_DEFINED
