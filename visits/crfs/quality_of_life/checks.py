"""What must hold among questionnaire answers, and the scores that follow. Pure. Needs nothing of `context.related`.

The range of every item stands in the protocol file. An item without a value is incomplete until somebody says why; "not answered by the
patient" is one of the reasons.
"""

from collections.abc import Mapping
from fractions import Fraction

from trialsite.lib.findings import Finding, hard
from trialsite.records.values import Computed, Values
from visits.crfs.context import VisitContext
from visits.crfs.quality_of_life.scoring import (
    FSS_ITEMS,
    MENTAL_WEIGHTS,
    MFIS_ITEMS,
    MSQOL_ITEMS,
    PHYSICAL_WEIGHTS,
    Answers,
    is_msqol_answer,
    missing_scales,
    score_fss,
    score_mfis,
    score_msqol_composite,
    score_msqol_scales,
    transform_to_percent,
)
from visits.crfs.shared_checks import check_assessment_date, check_not_future, check_order

FORM = "quality_of_life"
COMPOSITES = (
    ("MSQOL-54, physical health composite", PHYSICAL_WEIGHTS),
    ("MSQOL-54, mental health composite", MENTAL_WEIGHTS),
)
# Field, label, lowest and highest sum.
MSIS_SUMS = (("msis_physical", "MSIS-29, physical", 20, 80), ("msis_psychological", "MSIS-29, psychological", 9, 36))


def check_quality_of_life(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *check_not_future(values, context, "started_at", "ended_at"),
        *check_order(values, "started_at", "ended_at", "Finished before it was started. Correct one of the two."),
        *_check_depression(values),
    ]


def _check_depression(values: Values) -> list[Finding]:
    """One item cannot have more points than all seven."""
    total, item = values.get("bdi_fs_total"), values.get("bdi_fs_item_7")
    if total is None or item is None or item <= total:
        return []
    return [
        hard(
            "bdi_fs_item_above_total",
            "bdi_fs_item_7",
            f"Item 7 cannot exceed the total ({total}). Correct one of the two.",
            "8.10",
        )
    ]


def answers_of(values: Values, prefix: str, count: int) -> Answers:
    """Item number -> answer, for the fields `prefix_1` onward."""
    return {n: values.get(f"{prefix}_{n}") for n in range(1, count + 1)}


def compute_quality_of_life(values: Values, context: VisitContext) -> list[Computed]:
    """The scores of the instruments that the protocol uses."""
    makers = {"msqol54": _msqol, "fss": _fss, "mfis": _mfis, "bdi_fs": _depression, "msis29": _msis}
    return [computed for key in context.protocol.quality_of_life_instruments for computed in makers[key](values)]


def _msqol(values: Values) -> list[Computed]:
    answers = answers_of(values, "msqol", MSQOL_ITEMS)
    if all(answer is None for answer in answers.values()):
        return []
    scales = score_msqol_scales(_within_range(answers))
    composites = [_composite(label, weights, scales) for label, weights in COMPOSITES]
    return composites + [Computed(name, f"{score:.1f}", "0 to 100, higher is better") for name, score in _known(scales)]


def _within_range(answers: Answers) -> Answers:
    """Without answers that an item does not have: while somebody types, the page still shows the other scores."""
    return {item: answer for item, answer in answers.items() if answer is not None and is_msqol_answer(item, answer)}


def _known(scales: Mapping[str, Fraction | None]) -> list[tuple[str, float]]:
    return [(name, float(score)) for name, score in scales.items() if score is not None]


def _composite(label: str, weights: Mapping[str, int], scales: Mapping[str, Fraction | None]) -> Computed:
    score = score_msqol_composite(weights, scales)
    if score is None:
        return Computed(label, "missing", f"No answer in: {', '.join(missing_scales(weights, scales))}")
    return Computed(label, f"{float(score):.1f}", "0 to 100, higher is better")


def _fss(values: Values) -> list[Computed]:
    score = score_fss(answers_of(values, "fss", FSS_ITEMS))
    return [] if score is None else [Computed("FSS, mean", f"{float(score):.2f}", "1 to 7, higher is worse")]


def _mfis(values: Values) -> list[Computed]:
    scores = score_mfis(answers_of(values, "mfis", MFIS_ITEMS))
    return [
        Computed(f"MFIS, {name.lower()}", str(score), "higher is worse")
        for name, score in scores.items()
        if score is not None
    ]


def _depression(values: Values) -> list[Computed]:
    item = values.get("bdi_fs_item_7")
    if not item:
        return []
    note = "Thoughts of suicide: tell the investigator at once. The patient must be seen today."
    return [Computed("BDI-FS, item 7", f"{item} of 3", note, is_alert=True)]


def _msis(values: Values) -> list[Computed]:
    return [
        Computed(label, f"{float(transform_to_percent(raw, lowest, highest)):.1f}", "0 to 100, higher is worse")
        for name, label, lowest, highest in MSIS_SUMS
        if (raw := values.get(name)) is not None
    ]
