"""How the end of participation is laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.disposition.checks import FORM, check_disposition
from visits.crfs.disposition.model import Disposition

DISPOSITION = CrfDefinition(
    key=FORM,
    title="End of participation",
    kind="single",
    model=Disposition,
    sections=(Section("End", ("disposition_status", "ended_on", "last_contact_on", "end_reason")),),
    check=check_disposition,
)
