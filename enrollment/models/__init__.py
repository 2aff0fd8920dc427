"""Who is in the trial."""

from enrollment.models.base import PatientRecord
from enrollment.models.patient import Patient, PatientStatus

__all__ = ["Patient", "PatientRecord", "PatientStatus"]
