"""The list of all forms, by key, in the order people meet them: about the patient, then at the visits."""

from enrollment.crfs.registry import ENROLLMENT_CRFS
from trialsite.records.crf import CrfDefinition
from visits.crfs.vital_signs.form import VITAL_SIGNS

CRFS: dict[str, CrfDefinition] = ENROLLMENT_CRFS | {definition.key: definition for definition in (VITAL_SIGNS,)}


def get_crf(key: str) -> CrfDefinition | None:
    return CRFS.get(key)
