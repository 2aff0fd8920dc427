"""The report on how procedures and visits went by arm: times, choices and persons, which may tell an arm to who is in the room. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

import numpy as np

from endpoints.counted import PRESENT
from endpoints.layout import (
    NOT_DEFINED,
    Behind,
    Column,
    Listing,
    PatientRow,
    ProcedureDone,
    Report,
    ReportInput,
    Section,
    SeenVisit,
    Table,
)
from endpoints.statistics.descriptives import describe
from endpoints.statistics.freeman_halton import compute_freeman_halton
from endpoints.statistics.proportions import compute_newcombe
from endpoints.statistics.rank_sum import compute_hodges_lehmann, compute_mann_whitney
from endpoints.wording import write_count, write_number, write_p, write_percent
from trialsite.protocol.model import Arm, Phase

PART, VISITED = "conduct", "visits"
PROCEDURE = (
    "Where procedures of one arm last longer, come at other hours, need more sedation or belong to other people, whoever sees the clock or the "
    "room can guess the arm. A difference that is more than chance is a matter of the script of the procedure: tell the operators, not the "
    "blinded, and look again after the next patients. With few patients no difference is no proof that there is none."
)
NOTHING_DONE = (
    "No form of a procedure is complete here, or the snapshot is older than this report and holds nothing of it."
)
VISITS = (
    "Days from the planned day to the visit that was attended; before it negative. Arms that are seen at other times, or not at all, are "
    "treated differently after the procedure. The account that entered a visit is set against the arm too: other people at the desk for one arm are "
    "a trace of it in every trail."
)
RANKS = (
    "Times: difference after Hodges and Lehmann, first arm minus second, with its 95 % interval; p by Mann and Whitney, exact given the ties up "
    "to 60 patients. Quartiles: type 7."
)
COUNTS = (
    "Choices: difference of the shares, first arm minus second, with Newcombe's 95 % interval; p of the whole question by Freeman and Halton "
    "(of two answers: Fisher), exact given the margins, for up to seven answers. Who has no answer is in neither."
)
MOST_ANSWERS = 7
"""More would take too long to enumerate while somebody waits for the page."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of each patient; who has none is missing."""

    label: str
    values: dict[UUID, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer about each patient, in words; who has none is left out."""

    label: str
    answers: dict[UUID, str]


@dataclass(frozen=True, slots=True)
class Sides:
    """The two arms of a phase, and who of each is analyzed."""

    arms: tuple[Arm, Arm]
    members: tuple[Sequence[UUID], Sequence[UUID]]

    @property
    def named(self) -> Iterator[tuple[Arm, Sequence[UUID]]]:
        return zip(self.arms, self.members, strict=True)


def build_conduct(given: ReportInput) -> Report:
    """Two sections for each randomized phase of two arms in which somebody was treated."""
    phases = [phase for phase in given.protocol.phases if phase.is_randomized and len(phase.arms) == 2]
    sections = tuple(chain.from_iterable(_make_sections(phase, given) for phase in phases))
    return Report(sections, (RANKS, COUNTS) if sections else (), is_empty=not sections)


def _make_sections(phase: Phase, given: ReportInput) -> Iterator[Section]:
    drawn, (first, second) = given.arms or {}, given.protocol.arms_of_phase(phase.number)
    patients = [one.patient_id for one in given.recorded.patients if one.phase == phase.number]
    if not patients:
        return
    sides = Sides(
        (first, second),
        (
            [one for one in patients if drawn.get(one) == first.key],
            [one for one in patients if drawn.get(one) == second.key],
        ),
    )
    done = [one for one in given.recorded.procedures if one.patient_id in set(patients)]
    heading = f"Procedure, phase {phase.number}"
    if done:
        times = _make_measure_tables(f"times-{phase.number}", "Times of the procedure", _measure(done), sides)
        choices = _list_choices(done)
        chosen = _make_choice_tables(f"choices-{phase.number}", "What was chosen, and by whom", choices, sides)
        yield Section(heading, PROCEDURE, tables=(*times, *chosen))
    else:
        yield Section(heading, NOTHING_DONE)
    key, late = f"{VISITED}-{phase.number}", list(_measure_visits(phase, given))
    days = _make_measure_tables(key, "Days from plan to visit", late, sides, "Missed or to come")
    persons = _make_choice_tables(f"{key}-entered", "Who entered the visits", list(_list_persons(phase, given)), sides)
    yield Section(f"Visits, phase {phase.number}", VISITS, tables=(*days, *persons))


def _measure(done: Sequence[ProcedureDone]) -> list[Measure]:
    numbers: dict[str, Callable[[ProcedureDone], float | None]] = {
        "Sheath inserted to removed (min)": lambda one: one.minutes,
        "Sheath inserted to discharge (h)": lambda one: None if one.stay_minutes is None else one.stay_minutes / 60,
        "Hour of the day at the site": lambda one: one.hour,
        "Size of the sheath (F)": lambda one: one.sheath_french,
    }
    return [
        Measure(label, {one.patient_id: value for one in done if (value := read(one)) is not None})
        for label, read in numbers.items()
    ]


def _list_choices(done: Sequence[ProcedureDone]) -> list[Choice]:
    answers: dict[str, Callable[[ProcedureDone], str]] = {
        "Day of the week": lambda one: "" if one.weekday is None else _WEEKDAYS[one.weekday],
        "Conscious sedation": lambda one: one.sedation,
        "Access": lambda one: one.access,
        "Closure of the access": lambda one: one.closure,
        "Complication when leaving the room": lambda one: one.complication,
        "Assessed by": lambda one: one.assessed_by,
        "Entered by": lambda one: one.entered_by,
    }
    return [
        Choice(label, {one.patient_id: told for one in done if (told := read(one))}) for label, read in answers.items()
    ]


def _measure_visits(phase: Phase, given: ReportInput) -> Iterator[Measure]:
    for label, planned, seen in _list_later(phase, given):
        yield Measure(label, {who: float(one.study_day - planned) for who, one in seen.items()})


def _list_persons(phase: Phase, given: ReportInput) -> Iterator[Choice]:
    """The account by which a visit was entered; a snapshot of before has none, and no line."""
    for label, _, seen in _list_later(phase, given):
        yield Choice(label, {who: one.entered_by for who, one in seen.items() if one.entered_by})


def _list_later(phase: Phase, given: ReportInput) -> Iterator[tuple[str, int, dict[UUID, SeenVisit]]]:
    """Each visit planned after the procedure: what it is called, its day, and how each patient attended it."""
    ids = {one.subject: one.patient_id for one in given.recorded.patients}
    for visit in given.protocol.visits:
        if visit.kind == "follow_up" and visit.day is not None and phase.number in visit.phases:
            seen = (one for one in given.recorded.visits if one.key == visit.key and one.subject in ids)
            yield visit.label, visit.day, {ids[one.subject]: one for one in seen}


def _make_measure_tables(
    key: str, caption: str, measures: Sequence[Measure], sides: Sides, missing: str = "Missing"
) -> Iterator[Table]:
    columns = ("n", missing, "Median", "First quartile", "Third quartile")
    rows = tuple((one.label, arm.label, *_describe(one, who)) for one in measures for arm, who in sides.named)
    about = VISITED if key.startswith(VISITED) else ""
    behind = tuple(_name_arm(arm, about=about) for _ in measures for arm in sides.arms)
    yield Table(key, caption, (*_words("", "Group"), *map(Column, columns)), rows, behind=behind)
    compared = tuple((one.label, *_compare_ranks(one, sides)) for one in measures)
    heads = ("Difference", "95 % lower", "95 % upper", "p")
    yield _make_compared(key, caption, heads, compared, sides)


def _make_compared(
    key: str, caption: str, heads: Iterable[str], rows: tuple[tuple[str, ...], ...], sides: Sides
) -> Table:
    behind = (_name_arm(*sides.arms, about=VISITED if key.startswith(VISITED) else ""),) * len(rows)
    columns = (*_words(""), *map(Column, heads))
    return Table(f"{key}-compared", _say_compared(caption, sides), columns, rows, behind=behind)


def _name_arm(*arms: Arm, about: str = "") -> Behind:
    """The procedures, or the visits, of these arms as what stands behind a number."""
    return Behind(PART, about, "", "", "_vs_".join(arm.key for arm in arms))


def list_conduct(
    given: ReportInput, numbers: Sequence[str], behind: Behind | None = None, which: str = ""
) -> Listing | None:
    """What each procedure was like, of the patients with these numbers; `behind` for those of its arms, or for their visits.

    None for what there is not, and where no arms are known: the lines name them.
    """
    arms, labels = given.arms, {arm.key: arm.label for arm in given.protocol.arms}
    if arms is None or (behind and not (_is_number(behind, labels) and which == PRESENT)):
        return None
    wanted = {one for one, arm in arms.items() if arm in (behind.groups if behind else labels)}
    shown = {
        one.patient_id: (one.number, labels[arms[one.patient_id]])
        for one in given.participants
        if one.patient_id in wanted and one.number in set(numbers)
    }
    if behind and behind.outcome == VISITED:
        return _list_visits(given, shown)
    rows = tuple(
        PatientRow(*shown[one.patient_id], _print_procedure(one))
        for one in given.recorded.procedures
        if one.patient_id in shown
    )
    times = [Column(heading) for heading in ("In to out, min", "In to discharge, min", "Hour", "Sheath, F")]
    told = _words("Weekday", "Sedation", "Access", "Closure", "Complication", "Assessed by", "Entered by")
    return Listing("Conduct of the procedure", (*times, *told), rows)


def _is_number(behind: Behind, labels: Mapping[str, str]) -> bool:
    is_known = behind.outcome in ("", VISITED) and not behind.analysis and not behind.visit
    return behind.part == PART and is_known and labels.keys() >= set(behind.groups)


def _list_visits(given: ReportInput, shown: Mapping[UUID, tuple[str, str]]) -> Listing:
    """Planned and attended study days of the visits after the procedure."""
    ids = {one.subject: one.patient_id for one in given.recorded.patients}
    planned = {
        one.key: (one.label, one.day)
        for one in given.protocol.visits
        if one.kind == "follow_up" and one.day is not None
    }
    rows = tuple(
        PatientRow(
            *shown[ids[one.subject]],
            (label, str(day), str(one.study_day), str(one.study_day - day), one.entered_by or NOT_DEFINED),
        )
        for one in given.recorded.visits
        if ids.get(one.subject) in shown and one.key in planned
        for label, day in (planned[one.key],)
    )
    heads = map(Column, ("Planned day", "Day", "Days from plan"))
    return Listing("Visits after the procedure", (*_words("Visit"), *heads, *_words("Entered by")), rows)


def _print_procedure(one: ProcedureDone) -> tuple[str, ...]:
    day = "" if one.weekday is None else _WEEKDAYS[one.weekday]
    times = (one.minutes, one.stay_minutes, one.hour, one.sheath_french)
    told = (day, one.sedation, one.access, one.closure, one.complication, one.assessed_by, one.entered_by)
    return *(write_number(value, 1) for value in times), *(words or NOT_DEFINED for words in told)


def _words(*headings: str) -> tuple[Column, ...]:
    return tuple(Column(heading, is_number=False) for heading in headings)


def _say_compared(caption: str, sides: Sides) -> str:
    first, second = sides.arms
    return f"{caption}: {first.label} v {second.label}"


def _describe(measure: Measure, who: Sequence[UUID]) -> tuple[str, ...]:
    found = describe([measure.values.get(one, np.nan) for one in who])
    spread = (found.median, found.q1_type7, found.q3_type7)
    return write_count(found.n), write_count(found.n_missing), *(write_number(value, 1) for value in spread)


def _compare_ranks(measure: Measure, sides: Sides) -> tuple[str, ...]:
    first, second = ([measure.values[one] for one in who if one in measure.values] for who in sides.members)
    shift, test = compute_hodges_lehmann(first, second), compute_mann_whitney(first, second)
    if shift is None or test is None:
        return (write_number(None),) * 4
    limits = (shift.shift, shift.interval.low, shift.interval.high)
    return *(write_number(value, 1) for value in limits), write_p(test.p)


def _make_choice_tables(key: str, caption: str, choices: Sequence[Choice], sides: Sides) -> Iterator[Table]:
    """Each answer that was given by anybody, in both arms."""
    lines = [(one, answer) for one in choices for answer in _order(one)]
    rows = tuple(
        (f"{one.label}: {answer}", arm.label, *_share(one, answer, who))
        for one, answer in lines
        for arm, who in sides.named
    )
    about = VISITED if key.startswith(VISITED) else ""
    behind = tuple(_name_arm(arm, about=about) for _ in lines for arm in sides.arms)
    columns = (*_words("", "Group"), Column("Patients"), Column("Of"), Column("%"))
    yield Table(key, caption, columns, rows, behind=behind)
    heads = ("Difference, percentage points", "95 % lower", "95 % upper", "p of the question")
    tested = {one.label: _test_question(one, sides) for one in choices}
    compared = tuple(
        (f"{one.label}: {answer}", *_compare_shares(one, answer, sides), tested[one.label]) for one, answer in lines
    )
    yield _make_compared(key, caption, heads, compared, sides)


def _order(choice: Choice) -> list[str]:
    """Days as in the week, everything else by its words."""
    given = set(choice.answers.values())
    return [day for day in _WEEKDAYS if day in given] + sorted(given.difference(_WEEKDAYS))


def _count(choice: Choice, answer: str, who: Sequence[UUID]) -> tuple[int, int]:
    told = [choice.answers[one] for one in who if one in choice.answers]
    return told.count(answer), len(told)


def _share(choice: Choice, answer: str, who: Sequence[UUID]) -> tuple[str, str, str]:
    chosen, told = _count(choice, answer, who)
    return str(chosen), str(told), write_percent(chosen / told if told else None)


def _compare_shares(choice: Choice, answer: str, sides: Sides) -> tuple[str, str, str]:
    first, second = (_count(choice, answer, who) for who in sides.members)
    found = compute_newcombe(*first, *second)
    if found is None:
        return (write_number(None),) * 3
    return write_percent(found.difference), write_percent(found.newcombe.low), write_percent(found.newcombe.high)


def _test_question(choice: Choice, sides: Sides) -> str:
    places = {answer: place for place, answer in enumerate(_order(choice))}
    if len(places) > MOST_ANSWERS:
        return write_p(None)
    first, second = ([places[choice.answers[one]] for one in who if one in choice.answers] for who in sides.members)
    return write_p(compute_freeman_halton(first, second))
