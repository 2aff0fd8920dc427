"""What must hold among vital signs, and what they tell. Pure. Needs nothing of `context.related`."""

from decimal import Decimal

from trialsite.lib.findings import Finding, hard
from trialsite.records.values import Computed, Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date

FORM = "vital_signs"


def check_vital_signs(values: Values, context: VisitContext) -> list[Finding]:
    return [*check_assessment_date(values, context), *_check_pressures(values)]


def _check_pressures(values: Values) -> list[Finding]:
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if systolic is None or diastolic is None or systolic > diastolic:
        return []
    return [
        hard(
            "pressure_order",
            "diastolic_mmhg",
            f"Must be below the systolic pressure ({systolic} mmHg). Correct one of the two.",
            "8.4",
        )
    ]


def compute_vital_signs(values: Values, context: VisitContext) -> list[Computed]:
    return [*_body_mass_index(values), *_bradycardia(values, context), *_fever(values, context)]


def _body_mass_index(values: Values) -> list[Computed]:
    height_cm, weight_kg = values.get("height_cm"), values.get("weight_kg")
    if not height_cm or weight_kg is None:
        return []
    index = weight_kg / (height_cm / Decimal(100)) ** 2
    return [Computed("Body mass index", f"{index:.1f} kg/m²")]


def _bradycardia(values: Values, context: VisitContext) -> list[Computed]:
    """Slow heart: below the lowest rate that the protocol calls usual."""
    rate, limit = values.get("heart_rate_bpm"), context.protocol.limit(FORM, "heart_rate_bpm")
    if rate is None or limit is None or limit.soft_min is None or rate >= limit.soft_min:
        return []
    note = "Tell the investigator at once, and record an adverse event if it is new or treated."
    return [Computed("Bradycardia", f"{rate}/min, below {limit.soft_min}/min", note, is_alert=True)]


def _fever(values: Values, context: VisitContext) -> list[Computed]:
    """Fever can imitate a relapse: above the highest temperature that the protocol calls usual."""
    temperature, limit = values.get("temperature_c"), context.protocol.limit(FORM, "temperature_c")
    if temperature is None or limit is None or limit.soft_max is None or temperature <= limit.soft_max:
        return []
    note = "New symptoms of today do not count as a relapse until the fever is gone."
    return [Computed("Fever", f"{temperature} °C, above {limit.soft_max} °C", note, is_alert=True)]
