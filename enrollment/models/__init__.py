"""Who is in the trial: patients, and the forms of `enrollment.crfs` about each of them."""

from enrollment.models.base import PatientRecord
from enrollment.models.commitment import ListCommitment
from enrollment.models.patient import Patient, PatientCounter, PatientStatus, WithdrawalScope

# The forms stand on the base above, so they come after it.
from enrollment.crfs.consent.model import Consent, ConsentOccasion  # isort: skip
from enrollment.crfs.demographics.model import Demographics, Sex  # isort: skip
from enrollment.crfs.eligibility.model import CriterionAnswer, Eligibility, EligibilityAnswer  # isort: skip
from enrollment.crfs.medical_history.model import ConditionCategory, MedicalHistory  # isort: skip
from enrollment.crfs.ms_history.model import DiseaseModifyingTherapy, MsCourse, MsHistory  # isort: skip

__all__ = [
    "ConditionCategory",
    "Consent",
    "ConsentOccasion",
    "CriterionAnswer",
    "Demographics",
    "DiseaseModifyingTherapy",
    "Eligibility",
    "EligibilityAnswer",
    "ListCommitment",
    "MedicalHistory",
    "MsCourse",
    "MsHistory",
    "Patient",
    "PatientCounter",
    "PatientRecord",
    "PatientStatus",
    "Sex",
    "WithdrawalScope",
]
