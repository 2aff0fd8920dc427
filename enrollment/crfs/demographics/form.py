"""How demographics are laid out, and what follows from them."""

from enrollment.context import PatientContext
from enrollment.crfs.demographics.checks import body_mass_index, check_demographics, describe_age
from enrollment.crfs.demographics.model import Demographics
from enrollment.crfs.shared_checks import read_partial
from enrollment.rules import ages_on
from trialsite.records.crf import Computed, CrfDefinition, Section
from trialsite.records.values import Values


def compute_demographics(values: Values, context: PatientContext) -> list[Computed]:
    """Age at consent and body mass index."""
    computed = []
    born = read_partial(values, "born_on")
    if born is not None and context.consented_on is not None and born.earliest <= context.consented_on:
        computed.append(Computed("Age at consent", describe_age(ages_on(born, context.consented_on))))
    height, weight = values.get("height_cm"), values.get("weight_kg")
    if height and weight:
        computed.append(Computed("Body mass index", f"{body_mass_index(height, weight):.1f} kg/m²"))
    return computed


DEMOGRAPHICS = CrfDefinition(
    key="demographics",
    title="Demographics",
    kind="single",
    model=Demographics,
    sections=(
        Section("Person", ("born_on", "sex", "has_childbearing_potential")),
        Section(
            "Background",
            ("education_years", "handedness", "ethnicity", "race"),
            help="Ethnicity and race are optional.",
        ),
        Section("Body", ("height_cm", "weight_kg")),
    ),
    check=check_demographics,
    compute=compute_demographics,
)
