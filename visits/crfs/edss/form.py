"""How a neurological examination is laid out, and what is computed from it."""

from decimal import Decimal

from trialsite.accounts.roles import Permission
from trialsite.records.crf import Computed, CrfDefinition, Section
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.edss.checks import check_edss, derive_from
from visits.crfs.edss.model import Edss
from visits.crfs.edss.step import (
    BOWEL_BLADDER,
    BOWEL_BLADDER_CONVERTED,
    VISUAL,
    VISUAL_CONVERTED,
    Derived,
    is_progression,
    is_step,
)


def compute_edss(values: Values, context: VisitContext) -> list[Computed]:
    derived = derive_from(values)
    return [
        _show_converted("Visual, converted", values.get(VISUAL), VISUAL_CONVERTED),
        _show_converted("Bowel and bladder, converted", values.get(BOWEL_BLADDER), BOWEL_BLADDER_CONVERTED),
        _show_derived(derived),
        *_show_agreement(derived, values.get("rater_step")),
        *_show_change(values.get("rater_step"), context),
    ]


def _show_converted(label: str, raw: int | None, table: dict[int, int]) -> Computed:
    return Computed(label, str(table[raw]) if raw in table else "—", f"from {raw}" if raw in table else "")


def _show_derived(derived: Derived | None) -> Computed:
    if derived is None:
        return Computed("Derived step", "—", "needs all seven systems and an ambulation score of the newer form")
    is_split = derived.step != derived.without_mood
    note = f"{derived.without_mood:.1f} if cerebral grade 1 is mood or fatigue only" if is_split else ""
    return Computed("Derived step", f"{derived.step:.1f}", note)


def _show_agreement(derived: Derived | None, step: Decimal | None) -> list[Computed]:
    if derived is None or step is None:
        return []
    if derived.agrees_with(step):
        return [Computed("Rater and derived step", "agree")]
    return [Computed("Rater and derived step", "differ", f"{step:.1f} and {derived.step:.1f}", is_alert=True)]


def _show_change(step: Decimal | None, context: VisitContext) -> list[Computed]:
    """Nothing at the baseline visit itself: it has not changed from itself."""
    if context.visit is not None and context.visit.kind == "baseline":
        return []
    before = context.baseline.get("rater_step")
    if step is None or before is None or not (is_step(step) and is_step(before)):
        return []
    rises = is_progression(before, step, context.protocol.edss)
    return [
        Computed(
            "Change since the baseline visit",
            f"{step - before:+.1f}",
            "as much as progression, to be confirmed" if rises else "",
        )
    ]


EDSS = CrfDefinition(
    key="edss",
    title="Neurological examination (EDSS)",
    kind="visit",
    model=Edss,
    is_outcome=True,
    sections=(
        Section("Examination", (*Edss.HEAD, "certified_on", "is_blinded_rater", "is_relapse_visit")),
        Section(
            "Functional systems",
            (*Edss.SYSTEMS, "is_cerebellar_limited"),
            help="Grades as found, not converted. Use the definitions the rater was trained on.",
        ),
        Section(
            "Walking",
            ("ambulation_form", "ambulation", "walking_distance_m", "aid"),
            help="The distance is walked without rest, with the aid stated.",
        ),
        Section("Step", ("rater_step", "remarks")),
    ),
    check=check_edss,
    compute=compute_edss,
    enter=frozenset({Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS}),
    instrument="edss",
)
