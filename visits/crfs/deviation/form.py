"""How a protocol deviation is laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.deviation.checks import FORM, check_deviation, compute_deviation
from visits.crfs.deviation.model import Deviation


def summarize(deviation: Deviation) -> str:
    """One line of the log: when, what kind, how grave, and where it stands."""
    kind = deviation.get_category_display() or "no category yet"
    parts = (
        str(deviation.happened_on or "no date"),
        kind,
        deviation.get_severity_display(),
        deviation.get_state_display(),
    )
    return ", ".join(part.lower() if part != kind else part for part in parts if part)


DEVIATION = CrfDefinition(
    key=FORM,
    title="Protocol deviation",
    kind="log",
    model=Deviation,
    sections=(
        Section("What happened", ("category", "severity", "happened_on", "description"), columns=3),
        Section(
            "What followed",
            ("corrective_action", "state", "withdrawn_reason"),
            help="A deviation is never deleted, only withdrawn.",
        ),
        Section("Reporting", ("is_emergency", "sponsor_reported_at", "board_reported_at")),
    ),
    check=check_deviation,
    compute=compute_deviation,
    summary=summarize,
)
