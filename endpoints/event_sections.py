"""Adverse events and relapses in time: one bar per patient, and events by arm as dots."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from endpoints.behind import EVERYONE
from endpoints.derivations.adverse_events import derive_emergent_events
from endpoints.derivations.groups import Grouping
from endpoints.derivations.patients import derive_patients
from endpoints.effect_figures import Effect, draw_event_dots
from endpoints.figures import Limits
from endpoints.layout import NOT_DEFINED, Behind, Column, FigureLink, Section, Table
from endpoints.material import Material
from endpoints.rows import StatisticRow
from endpoints.tables import PROPORTION, About, Cube, Number, make_group_table
from endpoints.time_figures import Swimmer, draw_swimmers
from endpoints.wording import write_count

MOST_TERMS = 25
MOST_SWIMMERS = 60

SWIMMERS = FigureLink(
    "courses",
    "Course of each patient",
    "A bar from the procedure to the last visit; the longest first. Only days that are known are marked.",
)
TERM_DOTS = FigureLink("dots", "Patients by event", "A dot per group: percentage of its patients with the event.")


WATCH = (
    *PROPORTION,
    Number("Events", "events", write_count),
    *(Number(f"Above {rate} % from", f"watch_{rate}", write_count) for rate in (5, 10, 20)),
)


def make_watch_section(material: Material, cube: Cube) -> Iterator[Section]:
    """Serious related events per arm against boundaries; nothing in a pooled report."""
    if not material.grouping.comparisons:
        return
    line = [About("", "serious_related", None, "watch")]
    table = make_group_table("watch", "Patients with a serious and related event", cube, line, material.grouping, WATCH)
    lead = (
        "For stopping: in each arm, patients with an event that is serious and at least possibly related, with exact limits. "
        "The last columns say from how many such patients, of those treated so far, the lower 95 % limit lies above the rate. "
        "The protocol names no boundary; the safety board decides."
    )
    notes = ("Limits: Clopper-Pearson, exact. No adjustment for repeated looks. A dash: not even all would do.",)
    yield Section("Watch over serious related events", lead, tables=(replace(table, notes=notes),))


def make_course_section(material: Material) -> Section:
    swimmers = list_swimmers(material)
    labels = [group.label for group in material.grouping.groups]
    columns = (
        Column("Row"),
        Column("Group", is_number=False),
        Column("Last visit, day"),
        *(Column(f"{words}, days", is_number=False) for words in ("Relapses", "Adverse events", "Serious events")),
    )
    rows = tuple(
        (
            str(row),
            labels[one.group],
            f"{one.days:.0f}",
            *(_print_days(days) for days in (one.relapses, one.events, one.serious)),
        )
        for row, one in enumerate(swimmers, start=1)
    )
    keys = [group.key for group in material.grouping.groups]
    behind = tuple(Behind(EVERYONE, str(one.place), "", "", keys[one.group]) for one in swimmers)
    more = len(material.given.recorded.patients) - len(swimmers)
    notes: tuple[str, ...] = ("Study days; the procedure is day 0. Serious events are not repeated among the others.",)
    if more > 0:
        notes = (*notes, f"The {MOST_SWIMMERS} patients observed longest; {more} more are not drawn.")
    return Section(
        "Course of each patient",
        "Relapses as confirmed by the relapse log.",
        (SWIMMERS,),
        (Table("courses", "Course of each patient", columns, rows, notes, behind),),
    )


def _print_days(days: Sequence[float]) -> str:
    return ", ".join(f"{day:.0f}" for day in days) or NOT_DEFINED


def draw_patient_courses(material: Material) -> Figure:
    return draw_swimmers(list_swimmers(material), [group.label for group in material.grouping.groups])


def list_swimmers(material: Material) -> list[Swimmer]:
    """Group by group, the longest observed first; without any number of a patient."""
    facts, patients = material.facts, derive_patients(material.facts)
    last = facts.visits.groupby("subject")["study_day"].max()
    events, serious = _split(derive_emergent_events(facts))
    relapses = _days_by_subject(facts.relapses[facts.relapses["onset_day"] >= 0])
    places = {subject: place for place, subject in enumerate(sorted(patients["subject"].unique()), start=1)}
    found = [
        Swimmer(
            order,
            max(0.0, float(last.get(subject, 0.0) or 0.0)),
            relapses.get(subject, ()),
            events.get(subject, ()),
            serious.get(subject, ()),
            place=places[subject],
        )
        for order, group in enumerate(material.grouping.groups)
        for subject in group.select(patients)["subject"]
    ]
    found.sort(key=lambda one: (-one.days, one.relapses, one.events, one.serious))
    return sorted(found[:MOST_SWIMMERS], key=lambda one: one.group)


def _split(events: pd.DataFrame) -> tuple[dict[str, tuple[float, ...]], dict[str, tuple[float, ...]]]:
    known = events[events["onset_day"].notna()]
    is_serious = known["serious"] == "Y"
    return _days_by_subject(known[~is_serious]), _days_by_subject(known[is_serious])


def _days_by_subject(rows: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    return {str(subject): tuple(sorted(days)) for subject, days in rows.groupby("subject")["onset_day"]}


def draw_terms(cube: Cube, lines: Sequence[About], grouping: Grouping) -> Figure:
    """The most frequent events first."""
    shown = sorted(lines, key=lambda line: (-_sum_patients(cube, line, grouping), line.label))[:MOST_TERMS]
    groups = {
        group.label: [_read_percent(cube.at(line, group.key).get("prop")) for line in shown]
        for group in grouping.groups
    }
    differences = [
        _read_difference(cube, line, comparison.key) for comparison in grouping.comparisons[:1] for line in shown
    ]
    return draw_event_dots([line.label for line in shown], groups, differences)


def _sum_patients(cube: Cube, line: About, grouping: Grouping) -> float:
    return sum(_value(cube.at(line, group.key).get("x")) or 0 for group in grouping.groups)


def _read_percent(row: StatisticRow | None) -> Limits:
    value = _value(row)
    return Limits(None if value is None else 100 * value, None, None)


def _read_difference(cube: Cube, line: About, comparison: str) -> Effect:
    numbers = cube.at(line, comparison)
    values = [_value(numbers.get(name)) for name in ("diff", "newcombe_lo", "newcombe_hi")]
    return Effect(line.label, *(None if value is None else 100 * value for value in values))


def _value(row: StatisticRow | None) -> float | None:
    return row.value if row else None


def explain_cut(lines: Sequence[About]) -> Iterator[str]:
    if len(lines) > MOST_TERMS:
        yield f"The figure shows the {MOST_TERMS} most frequent events."
