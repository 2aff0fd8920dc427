"""What must hold about what was done inside the veins. Pure.

`context.related["arm"]` is the key of the patient's arm in the protocol. Only code that serves unblinded people may put it there; without it the
checks that need the arm stay silent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.protocol.model import Arm
from trialsite.records.values import Computed, Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date

FORM = "intervention"
GRID = "veins"
VEINS = (
    ("R_IJV", "Right internal jugular vein"),
    ("L_IJV", "Left internal jugular vein"),
    ("AZYGOS", "Azygos vein"),
    ("OTHER", "Other vein"),
)
NORMAL = "normal"
_FINDINGS = ("venography_stenosis_pct", "lesions", "ivus_done", "inflation_count", "residual_stenosis_pct")
_OF_INFLATION = (
    "balloon_diameter_mm",
    "balloon_length_mm",
    "inflation_pressure_atm",
    "inflation_duration_s",
    "device_model",
    "device_lot",
)
_OF_IVUS = ("ivus_restriction_pct", "has_intraluminal_defect", "has_reduced_pulsatility")
Row = Mapping[str, Any]


def rows_of(values: Values) -> dict[str, dict[str, Any]]:
    """Vein -> column -> value, out of the names of the grid's inputs."""
    rows: dict[str, dict[str, Any]] = {vein: {} for vein, _ in VEINS}
    for name, value in values.items():
        grid, _, rest = name.partition(".")
        vein, _, column = rest.partition(".")
        if grid == GRID and vein in rows:
            rows[vein][column] = value
    return rows


def is_abnormal_at_venography(row: Row, context: VisitContext) -> bool:
    """A lesion counts from the protocol's share of the lumen on (that share included)."""
    narrowing = row.get("venography_stenosis_pct")
    return narrowing is not None and narrowing >= context.protocol.doppler.venography_stenosis_at_least_pct


def is_abnormal_at_ivus(row: Row, context: VisitContext) -> bool:
    """Narrowing of the same share, a defect inside the lumen, or reduced pulsatility."""
    narrowing = row.get("ivus_restriction_pct")
    is_narrow = narrowing is not None and narrowing >= context.protocol.doppler.venography_stenosis_at_least_pct
    return bool(row.get("ivus_done")) and (
        is_narrow or bool(row.get("has_intraluminal_defect")) or bool(row.get("has_reduced_pulsatility"))
    )


def count_inflations(values: Values) -> int | None:
    """Inflations over all veins; None when no vein says."""
    counts = [row["inflation_count"] for row in rows_of(values).values() if row.get("inflation_count") is not None]
    return sum(counts) if counts else None


def check_intervention(values: Values, context: VisitContext) -> list[Finding]:
    findings = [
        *check_assessment_date(values, context),
        *_check_any_vein(values),
        *_check_arm(values, context),
        *_check_lesion(values, context),
        *_check_after(values),
    ]
    for vein, row in rows_of(values).items():
        findings += _check_row(vein, row)
    return findings


def _check_any_vein(values: Values) -> Iterator[Finding]:
    """Asked alike in every arm: venography comes before the allocation is known."""
    if not any(row.get("is_examined") for row in rows_of(values).values()):
        yield soft(
            "no_vein_examined", _at("R_IJV", "is_examined"), "No vein is marked as examined. Was none examined?", "8.12"
        )


def _check_arm(values: Values, context: VisitContext) -> list[Finding]:
    """No balloon is inflated in the sham arm, at least one elsewhere."""
    count, arm = count_inflations(values), _arm(context)
    if arm is None or count is None:
        return []
    if arm.is_sham and count > 0:
        return [
            hard(
                "inflation_in_sham",
                "",
                f"{count} inflations are recorded, but the patient is to receive none. Correct the counts.",
                "7.15",
            )
        ]
    if not arm.is_sham and count == 0:
        return [
            hard(
                "no_inflation",
                "",
                "No inflation is recorded, but the patient is to be treated. Correct the counts.",
                "7.15",
            )
        ]
    return []


def _arm(context: VisitContext) -> Arm | None:
    key = context.related.get("arm")
    return context.protocol.arm(key) if key else None


def _check_lesion(values: Values, context: VisitContext) -> list[Finding]:
    rows = [row for row in rows_of(values).values() if row.get("venography_stenosis_pct") is not None]
    if not rows or any(is_abnormal_at_venography(row, context) for row in rows):
        return []
    share = context.protocol.doppler.venography_stenosis_at_least_pct
    return [
        soft("no_lesion", "", f"No vein is narrowed by {share} % or more at venography. Are the values right?", "1.4")
    ]


def _check_after(values: Values) -> list[Finding]:
    kind, details = values.get("antithrombotic_after"), values.get("antithrombotic_details")
    if kind and kind != "none" and not details:
        return [
            missing(
                "antithrombotic_unsaid",
                "antithrombotic_details",
                "Say which medicine, at what dose, for how long.",
                "8.12",
            )
        ]
    return []


def _check_row(vein: str, row: Row) -> Iterator[Finding]:
    yield from _check_examined(vein, row)
    yield from _check_ivus(vein, row)
    yield from _check_inflation(vein, row)
    yield from _check_pressure(vein, row)
    yield from _check_residual(vein, row)
    yield from _check_lesions(vein, row)


def _at(vein: str, column: str) -> str:
    return f"{GRID}.{vein}.{column}"


def _is_given(value: object) -> bool:
    return value not in (None, "", [])


def _check_examined(vein: str, row: Row) -> Iterator[Finding]:
    """Asked alike in every arm: what was seen, and the number of inflations, were it 0."""
    if row.get("is_examined"):
        for column in ("venography_stenosis_pct", "lesions", "inflation_count"):
            if not _is_given(row.get(column)):
                yield soft(
                    f"{vein}_{column}_missing",
                    _at(vein, column),
                    "The vein was examined: enter this too (0 where there is none).",
                    "8.12",
                )
    elif any(_is_given(row.get(column)) for column in (*_FINDINGS, *_OF_IVUS, *_OF_INFLATION)):
        yield hard(
            f"{vein}_not_examined",
            _at(vein, "is_examined"),
            "There are findings: mark the vein as examined, or remove them.",
            "8.12",
        )


def _check_ivus(vein: str, row: Row) -> Iterator[Finding]:
    if row.get("ivus_done"):
        return
    for column in _OF_IVUS:
        if _is_given(row.get(column)):
            yield hard(
                f"{vein}_{column}_without_ivus",
                _at(vein, column),
                "No ultrasound inside the vein is marked. Mark it, or remove this.",
                "8.12",
            )


def _check_inflation(vein: str, row: Row) -> Iterator[Finding]:
    count = row.get("inflation_count")
    if count:
        for column in _OF_INFLATION:
            if not _is_given(row.get(column)):
                yield soft(
                    f"{vein}_{column}_missing",
                    _at(vein, column),
                    "A balloon was inflated: enter this too, or say why not.",
                    "8.12",
                )
        return
    for column in ("inflation_pressure_atm", "inflation_duration_s"):
        if _is_given(row.get(column)):
            yield hard(
                f"{vein}_{column}_without_inflation",
                _at(vein, column),
                "No inflation is counted in this vein. Count it, or remove this.",
                "8.12",
            )


def _check_pressure(vein: str, row: Row) -> Iterator[Finding]:
    pressure, burst = row.get("inflation_pressure_atm"), row.get("rated_burst_atm")
    if pressure is not None and burst is not None and pressure > burst:
        yield soft(
            f"{vein}_above_burst",
            _at(vein, "inflation_pressure_atm"),
            f"Above the rated burst pressure of {burst} atm. Is it right?",
            "8.12",
        )


def _check_residual(vein: str, row: Row) -> Iterator[Finding]:
    before, after = row.get("venography_stenosis_pct"), row.get("residual_stenosis_pct")
    if before is not None and after is not None and after > before:
        sentence = f"What remained ({after} %) cannot exceed what was there ({before} %). Correct one of the two."
        yield hard(f"{vein}_residual_above_baseline", _at(vein, "residual_stenosis_pct"), sentence, "8.12")


def _check_lesions(vein: str, row: Row) -> Iterator[Finding]:
    lesions = row.get("lesions") or []
    if NORMAL in lesions and len(lesions) > 1:
        yield hard(
            f"{vein}_normal_and_lesion",
            _at(vein, "lesions"),
            '"Normal" stands beside lesions. Keep one or the other.',
            "8.12",
        )


def compute_intervention(values: Values, context: VisitContext) -> list[Computed]:
    found = [computed for vein, label in VEINS for computed in _show_vein(label, rows_of(values)[vein], context)]
    count = count_inflations(values)
    return found if count is None else [*found, Computed("Inflations, all veins", str(count))]


def _show_vein(label: str, row: Row, context: VisitContext) -> list[Computed]:
    if not row.get("is_examined"):
        return []
    words = []
    if row.get("venography_stenosis_pct") is not None:
        words.append(f"venography {'abnormal' if is_abnormal_at_venography(row, context) else 'normal'}")
    if row.get("ivus_done"):
        words.append(f"ultrasound {'abnormal' if is_abnormal_at_ivus(row, context) else 'normal'}")
    if row.get("inflation_count") and row.get("residual_stenosis_pct") is not None:
        share = context.protocol.doppler.venography_stenosis_at_least_pct
        words.append("successful" if row["residual_stenosis_pct"] < share else "not successful")
    return [Computed(label, ", ".join(words))] if words else []
