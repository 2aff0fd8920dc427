"""What must hold among demographics. Pure."""

from decimal import Decimal

from enrollment.context import PatientContext
from enrollment.crfs.shared_checks import read_partial
from enrollment.rules import ages_on
from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Values


def check_demographics(values: Values, context: PatientContext) -> list[Finding]:
    return [*_check_birth(values, context), *_check_childbearing(values)]


def _check_birth(values: Values, context: PatientContext) -> list[Finding]:
    born = read_partial(values, "born_on")
    if born is None:
        return []
    if born.earliest > context.today:
        return [hard("born_on_future", "born_on", f"{born} is in the future. Enter the date of birth.", "8.1")]
    if context.consented_on is not None and born.is_surely_after(context.consented_on):
        sentence = f"{born} is after consent ({context.consented_on}). Correct one of the two."
        return [hard("born_on_after_consent", "born_on", sentence, "8.1")]
    return _check_age(values, context)


def _check_age(values: Values, context: PatientContext) -> list[Finding]:
    """The age has limits of its own; a partial birth date is refused only when no reading of it fits."""
    born, limit = read_partial(values, "born_on"), context.protocol.limit("demographics", "age_years")
    if born is None or limit is None:
        return []
    ages = ages_on(born, context.consented_on or context.today)
    words = describe_age(ages)
    if all(limit.refuses(age) for age in ages):
        sentence = (
            f"{words} at consent; the protocol allows {limit.hard_min} to {limit.hard_max}. Correct the date of birth."
        )
        return [hard("age_refused", "born_on", sentence, "1.3 I1")]
    if any(limit.questions(age) for age in ages):
        question = (
            f"{words} at consent, outside {limit.soft_min} to {limit.soft_max} years. Is the date of birth right?"
        )
        return [soft("age_unusual", "born_on", question, "1.3 I1")]
    return []


def describe_age(ages: tuple[int, int]) -> str:
    youngest, oldest = ages
    return f"{youngest} years" if youngest == oldest else f"{youngest} or {oldest} years"


def _check_childbearing(values: Values) -> list[Finding]:
    sex, can_become_pregnant = values.get("sex"), values.get("has_childbearing_potential")
    if sex == "M" and can_become_pregnant:
        sentence = "A man cannot become pregnant. Correct the sex or this answer."
        return [hard("childbearing_man", "has_childbearing_potential", sentence, "8.1")]
    if sex in ("F", "X") and can_become_pregnant is None:
        sentence = "Answer yes or no: tests before MRI and before the procedure depend on it."
        return [missing("childbearing_missing", "has_childbearing_potential", sentence, "8.1")]
    return []


def body_mass_index(height_cm: Decimal, weight_kg: Decimal) -> Decimal:
    """Weight over height squared, in kg/m²."""
    return weight_kg / (height_cm / 100) ** 2
