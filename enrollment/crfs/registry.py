"""The forms about a patient as a whole, by key, in the order people meet them."""

from enrollment.context import PatientContext
from enrollment.crfs.consent.form import CONSENT
from enrollment.crfs.demographics.form import DEMOGRAPHICS
from enrollment.crfs.eligibility.form import ELIGIBILITY, eligibility_for
from enrollment.crfs.medical_history.form import MEDICAL_HISTORY
from enrollment.crfs.ms_history.form import MS_HISTORY
from trialsite.records.crf import CrfDefinition

ENROLLMENT_CRFS: dict[str, CrfDefinition] = {
    definition.key: definition for definition in (CONSENT, DEMOGRAPHICS, MS_HISTORY, MEDICAL_HISTORY, ELIGIBILITY)
}


def get_enrollment_crf(key: str) -> CrfDefinition | None:
    return ENROLLMENT_CRFS.get(key)


def definition_for(definition: CrfDefinition, context: PatientContext) -> CrfDefinition:
    """The form as this patient's protocol and phase shape it."""
    return eligibility_for(context) if definition.key == ELIGIBILITY.key else definition
