"""What must hold among laboratory results, and what they tell. Pure.

`context.related` may hold `is_of_childbearing_potential` (bool or None: not known yet).
"""

from decimal import Decimal

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.lib.study_day import age_in_years
from trialsite.records.values import Computed, Values
from visits.crfs.context import VisitContext
from visits.crfs.laboratory.egfr import FORMULA, compute_egfr, to_mg_dl
from visits.crfs.shared_checks import check_assessment_date, check_past_date

FORM = "laboratory"


def check_laboratory(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *_check_creatinine(values, context),
        *_check_egfr(values, context),
        *_check_pregnancy_asked(values, context),
        *_check_pregnancy_date(values, context),
        *_check_pregnancy_result(values),
    ]


def creatinine_mg_dl(values: Values) -> Decimal | None:
    """Creatinine in mg/dL, however it was entered."""
    value, unit = values.get("creatinine"), values.get("creatinine_unit")
    return to_mg_dl(value, unit) if value is not None and unit else None


def egfr_ml_min(values: Values, context: VisitContext) -> Decimal | None:
    """eGFR on the day of the assessment; None when creatinine, sex, birth or day is missing."""
    creatinine, on = creatinine_mg_dl(values), values.get("assessed_on") or context.visited_on
    if creatinine is None or context.born_on is None or on is None:
        return None
    return compute_egfr(creatinine, age_in_years(context.born_on, on), context.sex)


def _check_creatinine(values: Values, context: VisitContext) -> list[Finding]:
    value, unit = values.get("creatinine"), values.get("creatinine_unit")
    if value is None:
        return []
    if not unit:
        return [
            hard(
                "creatinine_without_unit",
                "creatinine_unit",
                "Choose the unit in which the laboratory reports creatinine.",
                "8.4",
            )
        ]
    limit, converted = context.protocol.limit(FORM, "creatinine_mg_dl"), to_mg_dl(value, unit)
    if limit is None:
        return []
    if limit.refuses(converted):
        sentence = f"This is {converted:.2f} mg/dL, outside {limit.hard_min} to {limit.hard_max} mg/dL. Check the value and its unit."
        return [hard("creatinine_impossible", "creatinine", sentence, "8.4")]
    if limit.questions(converted):
        sentence = f"This is {converted:.2f} mg/dL, outside the usual {limit.soft_min} to {limit.soft_max} mg/dL. Are value and unit right?"
        return [soft("creatinine_unusual", "creatinine", sentence, "8.4")]
    return []


def _check_egfr(values: Values, context: VisitContext) -> list[Finding]:
    rate, limit = egfr_ml_min(values, context), context.protocol.limit(FORM, "egfr_ml_min")
    if rate is None or limit is None:
        return []
    if limit.refuses(rate):
        sentence = f"Creatinine gives an eGFR of {rate}, outside {limit.hard_min} to {limit.hard_max} {limit.unit}. Check the value and its unit."
        return [hard("egfr_impossible", "creatinine", sentence, "8.4")]
    if limit.questions(rate):
        return [
            soft(
                "egfr_low",
                "creatinine",
                f"The eGFR is {rate} {limit.unit}, below {limit.soft_min}. Is creatinine right?",
                "I6",
            )
        ]
    return []


def _check_pregnancy_asked(values: Values, context: VisitContext) -> list[Finding]:
    may_bear = context.related.get("is_of_childbearing_potential")
    test = values.get("pregnancy_test")
    if may_bear and not test:
        return [
            missing(
                "pregnancy_test_missing",
                "pregnancy_test",
                "The patient can become pregnant: enter the test, or say why there is none.",
                "E6",
            )
        ]
    if may_bear is False and test:
        sentence = "The demographics say that this patient cannot become pregnant. Leave the test empty, or correct the demographics."
        return [hard("pregnancy_test_not_applicable", "pregnancy_test", sentence, "8.4")]
    return []


def _check_pregnancy_date(values: Values, context: VisitContext) -> list[Finding]:
    test, on = values.get("pregnancy_test"), values.get("pregnancy_test_on")
    was_done = test in {"negative", "positive"}
    if on is None:
        return (
            [missing("pregnancy_test_undated", "pregnancy_test_on", "Enter the date of the test.", "E6")]
            if was_done
            else []
        )
    past = check_past_date("pregnancy_test_on", on, context)
    if not was_done and not past:
        return [
            hard(
                "pregnancy_date_without_test",
                "pregnancy_test_on",
                "There is a date but no result. Enter the result, or remove the date.",
            )
        ]
    return past or _check_pregnancy_age(values, context)


def _check_pregnancy_age(values: Values, context: VisitContext) -> list[Finding]:
    """The result counts for some days only."""
    tested_on, on, days = (
        values["pregnancy_test_on"],
        values.get("assessed_on"),
        context.protocol.pregnancy_test_max_days,
    )
    if on is None or days is None or (on - tested_on).days <= days:
        return []
    sentence = f"The test is older than {days} days at this visit. Repeat it before imaging or the procedure."
    return [soft("pregnancy_test_old", "pregnancy_test_on", sentence, "E6")]


def _check_pregnancy_result(values: Values) -> list[Finding]:
    if values.get("pregnancy_test") != "positive":
        return []
    sentence = "A pregnant patient may not have contrast medium or the procedure. Was the investigator told?"
    return [soft("pregnancy_test_positive", "pregnancy_test", sentence, "E6")]


def compute_laboratory(values: Values, context: VisitContext) -> list[Computed]:
    return [*_show_creatinine(values), *_show_egfr(values, context), *_show_pregnancy(values)]


def _show_creatinine(values: Values) -> list[Computed]:
    converted = creatinine_mg_dl(values)
    if converted is None or values.get("creatinine_unit") == "mg_dl":
        return []
    return [Computed("Creatinine", f"{converted:.2f} mg/dL", "1 mg/dL is 88.4 µmol/L")]


def _show_egfr(values: Values, context: VisitContext) -> list[Computed]:
    rate, limit = egfr_ml_min(values, context), context.protocol.limit(FORM, "egfr_ml_min")
    if rate is None:
        return _show_why_no_egfr(values, context)
    is_low = limit is not None and limit.questions(rate)
    return [
        Computed("eGFR", f"{rate} mL/min/1.73 m²", f"Formula {FORMULA}, from creatinine, age and sex", is_alert=is_low)
    ]


def _show_why_no_egfr(values: Values, context: VisitContext) -> list[Computed]:
    if creatinine_mg_dl(values) is None or (context.born_on is not None and context.sex):
        return []
    return [Computed("eGFR", "not known", "It also needs sex and birth, out of the demographics.")]


def _show_pregnancy(values: Values) -> list[Computed]:
    if values.get("pregnancy_test") != "positive":
        return []
    return [
        Computed(
            "Pregnancy",
            "Test positive",
            "No contrast medium, no procedure: tell the investigator at once.",
            is_alert=True,
        )
    ]
