"""Every table of this app: the visit, and the forms of `visits.crfs`, one folder each."""

from visits.crfs.adverse_event.model import AdverseEvent
from visits.crfs.blinding_guess.model import BlindingGuess
from visits.crfs.cognition.model import Cognition
from visits.crfs.concomitant_medication.model import ConcomitantMedication
from visits.crfs.deviation.model import Deviation
from visits.crfs.disposition.model import Disposition
from visits.crfs.doppler.model import Doppler, DopplerFinding
from visits.crfs.edss.model import Edss
from visits.crfs.intervention.model import Intervention, InterventionVein
from visits.crfs.laboratory.model import Laboratory
from visits.crfs.mri.model import Mri
from visits.crfs.procedure.model import Procedure
from visits.crfs.quality_of_life.model import QualityOfLife
from visits.crfs.relapse.model import Relapse
from visits.crfs.relapse_check.model import RelapseCheck
from visits.crfs.vital_signs.model import VitalSigns
from visits.unblinded_message import UnblindedMessage
from visits.visit import Visit, VisitForm, VisitStatus

__all__ = [
    "AdverseEvent",
    "BlindingGuess",
    "Cognition",
    "ConcomitantMedication",
    "Deviation",
    "Disposition",
    "Doppler",
    "DopplerFinding",
    "Edss",
    "Intervention",
    "InterventionVein",
    "Laboratory",
    "Mri",
    "Procedure",
    "QualityOfLife",
    "Relapse",
    "RelapseCheck",
    "UnblindedMessage",
    "Visit",
    "VisitForm",
    "VisitStatus",
    "VitalSigns",
]
