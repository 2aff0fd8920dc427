"""How an earlier condition is laid out."""

from enrollment.crfs.medical_history.checks import check_medical_history
from enrollment.crfs.medical_history.model import MedicalHistory
from trialsite.records.crf import CrfDefinition, Section

MEDICAL_HISTORY = CrfDefinition(
    key="medical_history",
    title="Medical history",
    kind="log",
    model=MedicalHistory,
    sections=(
        Section("Condition", ("term", "category"), columns=2),
        Section(
            "Time", ("onset_on", "is_ongoing", "ended_on"), help="Write what is known: 2004-02-28, 2004-02 or 2004."
        ),
        Section("Notes", ("notes",), columns=1),
    ),
    check=check_medical_history,
)
