"""How an entry of the relapse log is laid out, and what is computed from it."""

from datetime import date

from trialsite.records.crf import Computed, CrfDefinition, Section
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.relapse.checks import ADJUDICATION, STEROID_DETAILS, check_relapse, get_exams, get_others, list_exams
from visits.crfs.relapse.model import Relapse
from visits.crfs.relapse.rules import CONDITIONS, EdssExam, judge


def compute_relapse(values: Values, context: VisitContext) -> list[Computed]:
    found = judge(values, get_exams(context), context.protocol.relapse)
    return [
        Computed("Status", found.status.value, found.reason),
        Computed("Days since the previous relapse", *_show_previous(values.get("onset_on"), context)),
        Computed("Examined after the onset", *_show_exam(values, context)),
    ]


def _show_previous(onset_on: date | None, context: VisitContext) -> tuple[str, str]:
    earlier = [other.onset_on for other in get_others(context) if onset_on and other.onset_on < onset_on]
    if onset_on is None or not earlier:
        return "—", "" if onset_on is None else "no earlier one in the log"
    return str((onset_on - max(earlier)).days), f"it began on {max(earlier)}"


def _show_exam(values: Values, context: VisitContext) -> tuple[str, str]:
    onset_on = values.get("onset_on")
    exam: EdssExam | None = next((one for one in get_exams(context) if one.id == values.get("exam")), None)
    if onset_on is None or exam is None:
        return "—", ""
    return f"{(exam.assessed_on - onset_on).days} days", exam.label


def summarize(record: Relapse) -> str:
    """One line of the log."""
    onset = str(record.onset_on) if record.onset_on else "onset not entered"
    systems = ", ".join(str(code).replace("_", " ") for code in record.affected_systems)
    return f"{onset}: {systems}" if systems else onset


RELAPSE = CrfDefinition(
    key="relapse",
    title="Relapse",
    kind="log",
    model=Relapse,
    is_outcome=True,
    sections=(
        Section("Episode", ("onset_on", "ended_on", "severity", "symptoms", "affected_systems")),
        Section(
            "Conditions",
            CONDITIONS,
            help="All three must be yes. Confirmation also needs an examination that shows a change.",
        ),
        Section("Examination", ("exam",)),
        Section("Steroids", ("is_steroid_treated", *STEROID_DETAILS)),
        Section("Adjudication", (*ADJUDICATION, "remarks")),
    ),
    check=check_relapse,
    compute=compute_relapse,
    links={"exam": list_exams},
    summary=summarize,
)
