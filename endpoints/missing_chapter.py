"""Populations, what is missing per outcome and visit, and every outcome described at every visit."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from endpoints.chapter import Chapter, Summaries, add_notes
from endpoints.counted import PRESENT
from endpoints.derivations.groups import Group
from endpoints.facts import OUTCOMES
from endpoints.flow_steps import ALL, PART, name_step
from endpoints.layout import NOT_DEFINED, Behind, Column, FigureLink, Section, Table
from endpoints.material import Material
from endpoints.plan import name_arm
from endpoints.summaries import summarize_descriptives
from endpoints.tables import DESCRIPTION, EXTREMES, About, Cube, Number, make_group_table
from endpoints.time_figures import Filled, draw_missing

BOTH_QUARTILES = (
    *DESCRIPTION[:7],
    Number("IQR", "iqr_type7"),
    Number("Q1, type 2", "q1_type2"),
    Number("Q3, type 2", "q3_type2"),
    Number("IQR, type 2", "iqr_type2"),
    *DESCRIPTION[7:],
)
_POPULATIONS = (
    ("Entered", "has_entered", "entered"),
    ("Procedure begun", "is_treated", "treated"),
    ("Procedure begun, data may be used", "is_analyzed", "analyzed"),
    ("Completed", "has_completed", "completed"),
)
"""How each is called, what makes a patient one of it, and its box in the flow."""


def _summarize(material: Material) -> Summaries:
    return (summarize_descriptives(material.facts, material.grouping),)


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    cube = Cube(summaries[0])
    yield Section(
        "Populations",
        "Intention to treat: all who entered, by the arm drawn. Safety: all whose procedure was begun. Every report but the "
        "flow of patients counts those whose procedure was begun and whose data may be used. Phases are never added up.",
        tables=(_make_populations(material),),
    )
    figure = FigureLink(
        "map",
        "Missing values by outcome and visit",
        "Patients without a value. The darker, the more are missing; a dot stands where none is planned.",
    )
    yield Section(
        "Missing data",
        "Values present of the patients analyzed, missed visits and visits still to come alike. Nothing is imputed or carried "
        "forward.",
        (figure,),
        tuple(_make_missing(material, cube, group) for group in material.grouping.groups),
    )
    tables = tuple(_make_description(material, cube, outcome) for outcome in OUTCOMES)
    yield Section("Every outcome at every visit", "Quartiles by two definitions: type 7, and type 2.", tables=tables)


def _make_populations(material: Material) -> Table:
    groups = [(group.label, material.select_participants(group)) for group in material.grouping.groups]
    counted = (Column(label, which=PRESENT, at=(("outcome", step),)) for label, _, step in _POPULATIONS)
    columns = (Column("Group", is_number=False), *counted)
    rows = tuple(
        (label, *(str(sum(bool(getattr(one, name)) for one in members)) for _, name, _ in _POPULATIONS))
        for label, members in groups
    )
    behind = tuple(
        name_step(group.phase, "entered", arm=_find_arm(material, group), report=PART)
        for group in material.grouping.groups
    )
    return Table("populations", "Patients in each population", columns, rows, behind=behind)


def _find_arm(material: Material, group: Group) -> str:
    """The key in the protocol of the arm of a group; all arms where the group is not one, or where there is no other."""
    arms = material.given.protocol.arms_of_phase(group.phase)
    return next((arm.key for arm in arms if len(arms) > 1 and name_arm(arm) == group.arm), ALL)


def _make_missing(material: Material, cube: Cube, group: Group) -> Table:
    visits = material.facts.plan.visits
    columns = (
        Column("Outcome", is_number=False),
        *(Column(material.label_visit(visit), which=PRESENT, at=(("visit", visit),)) for visit in visits),
    )
    rows = tuple(
        (OUTCOMES[outcome].label, *(_print_present(material, cube, group, outcome, visit) for visit in visits))
        for outcome in OUTCOMES
    )
    behind = tuple(Behind("descriptives", outcome, "observed", visits[0], group.key) for outcome in OUTCOMES)
    key = f"missing-{group.key.replace('_', '-')}"
    return Table(key, f"Values present: {group.label}", columns, rows, behind=behind)


def _print_present(material: Material, cube: Cube, group: Group, outcome: str, visit: str) -> str:
    count = _count(material, cube, group, outcome, visit)
    return NOT_DEFINED if count is None else f"{count} of {_size(material, group)}"


def _count(material: Material, cube: Cube, group: Group, outcome: str, visit: str) -> int | None:
    """Values present; None where none is planned and none is there."""
    found = cube.at(About("", outcome, visit), group.key)["n"].value
    count = int(found or 0)
    return count if count or material.is_planned(outcome, visit) else None


def _size(material: Material, group: Group) -> int:
    return sum(one.is_analyzed for one in material.select_participants(group))


def _make_description(material: Material, cube: Cube, outcome: str) -> Table:
    known, plan = OUTCOMES[outcome], material.facts.plan
    lines = [
        About(material.label_visit(visit), outcome, visit)
        for visit in plan.visits
        if any(_count(material, cube, group, outcome, visit) is not None for group in material.grouping.groups)
    ]
    least = material.withhold_below if outcome == "vhiss" else 0
    shown = tuple(number for number in BOTH_QUARTILES if not (least and number.statistic in EXTREMES))
    caption = f"{known.label}, {known.unit}"
    key = f"all-{outcome.replace('_', '-')}"
    table = make_group_table(key, caption, cube, lines, material.grouping, shown, withhold_below=least)
    return add_notes(table, "n and missing: patients analyzed with and without a value.")


def _draw(material: Material, summaries: Summaries) -> Figure:
    cube, visits = Cube(summaries[0]), material.facts.plan.visits
    panels = [
        Filled(
            group.label,
            _size(material, group),
            [[_count(material, cube, group, outcome, visit) for visit in visits] for outcome in OUTCOMES],
        )
        for group in material.grouping.groups
    ]
    labels = [OUTCOMES[outcome].label.replace("contrast-enhancing", "CE") for outcome in OUTCOMES]
    return draw_missing(panels, labels, [material.label_visit(visit) for visit in visits])


MISSING = Chapter(_summarize, _lay_out, {"map": _draw})
