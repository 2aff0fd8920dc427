"""What must hold in a Doppler examination, and what is shown beside it. Pure.

Needs nothing of `context.related`; `context.visit` tells the baseline visits apart.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.doppler.segments import JUGULAR, SEGMENTS, Segment
from visits.crfs.doppler.vhiss import RETROGRADE, VhissResult, score_rows
from visits.crfs.shared_checks import check_assessment_date

GRID = "segments"
COLUMNS = ("flow", "reflux_s", "csa_mm2", "bmode", "bmode_second", "assessable", "not_assessable_reason")
JUGULAR_ONLY = ("csa_mm2", "bmode", "bmode_second")
# Jugular veins measure tens of mm², and 1 cm² is 100 mm²: when no area reaches this, the device most likely showed cm².
LARGEST_AREA_THAT_LOOKS_LIKE_CM2 = Decimal(5)

Row = Mapping[str, Any]


def has_cell(row: str, column: str) -> bool:
    """Area and picture are taken of jugular veins only."""
    return column not in JUGULAR_ONLY or row.startswith(JUGULAR)


def rows_of(values: Values) -> dict[str, dict[str, Any]]:
    """Row values by segment key, out of the values of the whole form."""
    return {segment.key: {column: values.get(name(segment, column)) for column in COLUMNS} for segment in SEGMENTS}


def name(segment: Segment, column: str) -> str:
    return f"{GRID}.{segment.key}.{column}"


def check_doppler(values: Values, context: VisitContext) -> list[Finding]:
    rows = rows_of(values)
    result = score_rows(rows, context.protocol)
    findings = [*check_assessment_date(values, context), *_check_blinding(values)]
    for segment in SEGMENTS:
        findings += _check_row(segment, rows[segment.key])
    findings += _check_empty_rows(rows)
    findings += _check_units(rows)
    findings += _check_reader_total(values, result)
    return [*findings, *_check_low_baseline(result, context)]


def _check_blinding(values: Values) -> list[Finding]:
    if values.get("is_blinded_read") is not False:
        return []
    return [
        soft(
            "unblinded_read",
            "is_blinded_read",
            "Examinations are read blinded. Say why this one was not, and record a deviation.",
            "1.4",
        )
    ]


# -- one row


def _check_row(segment: Segment, row: Row) -> list[Finding]:
    if row["assessable"] is False:
        return _check_unassessable(segment, row)
    findings = _check_duration(segment, row)
    if row["not_assessable_reason"]:
        sentence = (
            "A reason is given although the segment is not marked as not assessable. Mark it, or delete the reason."
        )
        findings.append(hard(f"{segment.key}_reason_without_no", name(segment, "not_assessable_reason"), sentence))
    return [*findings, *_check_second(segment, row)]


def _check_unassessable(segment: Segment, row: Row) -> list[Finding]:
    findings = []
    if any(row[column] not in (None, "") for column in ("flow", "reflux_s", "csa_mm2", "bmode", "bmode_second")):
        sentence = "There are findings in a segment that is marked as not assessable. Keep one of them."
        findings.append(hard(f"{segment.key}_found_unassessable", name(segment, "assessable"), sentence, "8.5"))
    if not row["not_assessable_reason"]:
        sentence = f"Say why the {segment.label}, could not be assessed."
        findings.append(missing(f"{segment.key}_no_reason", name(segment, "not_assessable_reason"), sentence, "8.5"))
    return findings


def _check_duration(segment: Segment, row: Row) -> list[Finding]:
    flow, lasts, field = row["flow"], row["reflux_s"], name(segment, "reflux_s")
    if flow in RETROGRADE and lasts is None:
        return [
            soft(
                f"{segment.key}_no_duration",
                field,
                "Enter how long the reflux lasts: without it the score is missing.",
                "8.5",
            )
        ]
    if lasts is None or flow in RETROGRADE:
        return []
    if flow == "absent" and lasts > 0:
        return [
            hard(
                f"{segment.key}_reflux_without_flow",
                field,
                "There is no flow, so no reflux can last. Correct flow or duration.",
                "8.5",
            )
        ]
    if lasts > 0:
        sentence = "A duration is given although the flow is not marked as reflux or bidirectional. Is the flow right?"
        return [soft(f"{segment.key}_duration_without_reflux", field, sentence, "8.5")]
    return []


def _check_second(segment: Segment, row: Row) -> list[Finding]:
    first, second, field = row["bmode"], row["bmode_second"], name(segment, "bmode_second")
    if not second:
        return []
    if not first or first == "none" or second in ("none", first):
        sentence = "A second finding needs a different first one. Enter the first, or delete the second."
        return [hard(f"{segment.key}_second_without_first", field, sentence)]
    return []


# -- the whole examination


def _check_empty_rows(rows: Mapping[str, Row]) -> list[Finding]:
    empty = [
        segment
        for segment in SEGMENTS
        if not rows[segment.key]["flow"] and rows[segment.key]["assessable"] is not False
    ]
    if not empty or len(empty) == len(SEGMENTS):
        return _check_nothing_read(is_empty=bool(empty))
    sentence = f"No flow is entered for: {_listed(empty)}. Enter it, or mark the segment as not assessable."
    return [soft("segments_empty", "", sentence, "2.4")]


def _check_nothing_read(*, is_empty: bool) -> list[Finding]:
    return (
        [soft("segments_all_empty", "", "No segment is filled in. Why was nothing examined?", "2.4")]
        if is_empty
        else []
    )


def _check_units(rows: Mapping[str, Row]) -> list[Finding]:
    areas = {segment: rows[segment.key]["csa_mm2"] for segment in SEGMENTS if rows[segment.key]["csa_mm2"]}
    if len(areas) < 2 or max(areas.values()) >= LARGEST_AREA_THAT_LOOKS_LIKE_CM2:
        return []
    sentence = (
        "All areas are so small that they look like cm². Areas are entered in mm² (0.3 cm² is 30 mm²). Are they mm²?"
    )
    return [soft("areas_look_like_cm2", name(next(iter(areas)), "csa_mm2"), sentence, "2.1")]


def _check_reader_total(values: Values, result: VhissResult) -> list[Finding]:
    read = values.get("reader_total")
    if read is None or read == result.total:
        return []
    if result.total is None:
        sentence = f"The reader gives {read}, but no total can be computed: {_listed(result.blocking)} cannot be used. Is the reader's total right?"
    else:
        sentence = (
            f"The reader gives {read}, the segments give {result.total}. Correct one of them, or say why they differ."
        )
    return [soft("reader_total_differs", "reader_total", sentence, "2.4")]


def _check_low_baseline(result: VhissResult, context: VisitContext) -> list[Finding]:
    rule = context.protocol.response
    if context.visit is None or context.visit.key not in rule.baseline_visits or result.total is None:
        return []
    if result.total >= rule.low_baseline_below:
        return []
    sentence = f"A total of {result.total} before treatment does not fit an eligible patient. Are the segments right?"
    return [soft("baseline_total_low", "", sentence, "2.4")]


def _listed(segments: Sequence[Segment]) -> str:
    """The segments by name, at most six of them."""
    names = "; ".join(segment.label for segment in segments[:6])
    return f"{names}; and {len(segments) - 6} more" if len(segments) > 6 else names
