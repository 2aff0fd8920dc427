"""How a concomitant medicine is laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.concomitant_medication.checks import FORM, check_concomitant_medication
from visits.crfs.concomitant_medication.model import ConcomitantMedication


def summarize(medication: ConcomitantMedication) -> str:
    """One line of the log: what, from when to when."""
    until = "ongoing" if medication.is_ongoing else medication.ended_on or "end not known"
    return f"{medication.name or 'no name yet'}, {medication.started_on or 'start not known'} to {until}"


CONCOMITANT_MEDICATION = CrfDefinition(
    key=FORM,
    title="Concomitant medication",
    kind="log",
    model=ConcomitantMedication,
    sections=(
        Section("Medicine", ("name", "atc_code", "medication_group")),
        Section("Dose", ("dose", "dose_unit", "frequency", "route"), columns=4),
        Section(
            "Time", ("started_on", "ended_on", "is_ongoing"), help="Write what is known: 2011-02-28, 2011-02 or 2011."
        ),
        Section("Why", ("given_for", "given_for_event", "indication")),
    ),
    check=check_concomitant_medication,
    summary=summarize,
)
