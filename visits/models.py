"""Every table of this app: the visit, and the forms of `visits.crfs`, one folder each."""

from visits.crfs.vital_signs.model import VitalSigns
from visits.visit import Visit, VisitForm, VisitStatus

__all__ = ["Visit", "VisitForm", "VisitStatus", "VitalSigns"]
