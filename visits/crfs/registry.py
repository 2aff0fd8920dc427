"""The list of all forms, by key, in the order people meet them: about the patient, then at the visits."""

from enrollment.crfs.registry import ENROLLMENT_CRFS
from trialsite.records.crf import CrfDefinition
from visits.crfs.adverse_event.form import ADVERSE_EVENT
from visits.crfs.blinding_guess.form import BLINDING_GUESS
from visits.crfs.cognition.form import COGNITION
from visits.crfs.concomitant_medication.form import CONCOMITANT_MEDICATION
from visits.crfs.deviation.form import DEVIATION
from visits.crfs.disposition.form import DISPOSITION
from visits.crfs.doppler.form import DOPPLER
from visits.crfs.edss.form import EDSS
from visits.crfs.intervention.form import INTERVENTION
from visits.crfs.laboratory.form import LABORATORY
from visits.crfs.mri.form import MRI
from visits.crfs.procedure.form import PROCEDURE
from visits.crfs.quality_of_life.form import QUALITY_OF_LIFE
from visits.crfs.relapse.form import RELAPSE
from visits.crfs.relapse_check.form import RELAPSE_CHECK
from visits.crfs.vital_signs.form import VITAL_SIGNS

_FORMS = (
    VITAL_SIGNS,
    LABORATORY,
    DOPPLER,
    MRI,
    EDSS,
    RELAPSE_CHECK,
    COGNITION,
    QUALITY_OF_LIFE,
    PROCEDURE,
    INTERVENTION,
    BLINDING_GUESS,
    RELAPSE,
    ADVERSE_EVENT,
    CONCOMITANT_MEDICATION,
    DEVIATION,
    DISPOSITION,
)
CRFS: dict[str, CrfDefinition] = ENROLLMENT_CRFS | {definition.key: definition for definition in _FORMS}


def get_crf(key: str) -> CrfDefinition | None:
    return CRFS.get(key)
