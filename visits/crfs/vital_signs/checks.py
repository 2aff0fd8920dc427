"""What must hold among vital signs. Pure."""

from trialsite.lib.findings import Finding, hard
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date


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
        )
    ]
