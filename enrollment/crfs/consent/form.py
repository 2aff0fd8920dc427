"""How consent is laid out."""

from enrollment.crfs.consent.checks import check_consent_form
from enrollment.crfs.consent.model import Consent
from trialsite.records.crf import CrfDefinition, Section

CONSENT = CrfDefinition(
    key="consent",
    title="Consent",
    kind="log",
    model=Consent,
    sections=(
        Section("Signature", ("occasion", "form_version", "consented_at")),
        Section("Talk", ("obtained_by", "is_copy_given", "notes")),
    ),
    check=check_consent_form,
)
