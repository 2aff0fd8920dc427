"""The blinded look at the sample size: the spread of the primary outcomes over all patients of a randomized phase."""

from collections.abc import Iterator

from endpoints.behind import WHICH
from endpoints.chapter import Chapter, Summaries
from endpoints.derivations.groups import Group
from endpoints.facts import OUTCOMES
from endpoints.layout import Behind, Column, Section, Table
from endpoints.material import Material
from endpoints.summaries import summarize_blinded_spread
from endpoints.tables import WITHHELD, About, Cube, Number
from endpoints.wording import write_count

LOOKED_AT = ("vhiss", "new_ce_lesions", "new_t2_lesions", "relapses")
_NUMBERS = (
    Number("n", "n", write_count),
    Number("SD", "sd"),
    Number("95 % lower", "sd_lo"),
    Number("95 % upper", "sd_hi"),
    Number("Found with 80 % power", "detectable_80"),
    Number("Found with 90 % power", "detectable_90"),
    Number("Needed for one unit, 80 %", "needed_80", write_count),
    Number("Needed for one unit, 90 %", "needed_90", write_count),
)


def _summarize(material: Material) -> Summaries:
    sizes = {phase.number: _plan_sizes(material, phase.number) for phase in material.given.protocol.phases}
    planned = {number: size for number, size in sizes.items() if size is not None}
    return (summarize_blinded_spread(material.facts, material.grouping, planned),)


def _plan_sizes(material: Material, phase_number: int) -> tuple[float, float] | None:
    """The planned size of both arms of a randomized phase, by its ratio."""
    phase = next(one for one in material.given.protocol.phases if one.number == phase_number)
    if not phase.is_randomized or phase.allocation is None or len(phase.arms) != 2:
        return None
    shares = [phase.allocation.ratio[arm] for arm in phase.arms]
    return phase.planned_n * shares[0] / sum(shares), phase.planned_n * shares[1] / sum(shares)


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    cube = Cube(summaries[0])
    lead = (
        "For everybody: both arms are taken as one sample, so nothing here depends on an arm. Found: the difference between "
        "arms that the planned number of patients would find, two-sided at 5 %. Needed: patients in both arms together for "
        "a difference of one unit. A true difference between the arms makes the spread, and with it the numbers, too large."
    )
    tables = tuple(
        _make_table(material, cube, group)
        for group in material.grouping.groups
        if _plan_sizes(material, group.phase) is not None
    )
    words = "" if tables else " Nobody of a randomized phase has been treated yet."
    yield Section("Blinded look at the sample size", lead + words, tables=tables)


def _make_table(material: Material, cube: Cube, group: Group) -> Table:
    counted = (Column(number.heading, which=WHICH.get(number.statistic, "")) for number in _NUMBERS)
    columns = (Column("Outcome", is_number=False), *counted)
    rows = tuple((_name(material, outcome), *_print(material, cube, group, outcome)) for outcome in LOOKED_AT)
    notes = (
        (
            "SD over all patients as one sample, with limits for normal values. VHISS: change to the response visit; counts: added "
            "up over the follow-up. Normal approximation; for skewed counts a rough guide."
        ),
    )
    key = f"spread-{group.key.replace('_', '-')}"
    behind = tuple(Behind("blinded_spread", outcome, "blinded", "", group.key) for outcome in LOOKED_AT)
    return Table(key, f"Spread without arms: {group.label}", columns, rows, notes, behind)


def _name(material: Material, outcome: str) -> str:
    known = OUTCOMES[outcome]
    if outcome != "vhiss":
        return known.label
    return f"{known.label}, change to {material.label_visit(material.facts.plan.response_visit).lower()} ({known.unit})"


def _print(material: Material, cube: Cube, group: Group, outcome: str) -> Iterator[str]:
    found = cube.at(About("", outcome, None, "blinded"), group.key)
    least = material.withhold_below if outcome == "vhiss" else 0
    for number in _NUMBERS:
        row = found.get(number.statistic)
        yield WITHHELD if row is not None and row.n < least and number.statistic != "n" else number.print(found)


SAMPLE_SIZE = Chapter(_summarize, _lay_out)
