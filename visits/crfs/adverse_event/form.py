"""How an adverse event is laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.adverse_event.checks import FORM, check_adverse_event, compute_adverse_event
from visits.crfs.adverse_event.model import AdverseEvent


def summarize(event: AdverseEvent) -> str:
    """One line of the log: when, what, how severe, serious or not."""
    parts = (
        str(event.onset_on or "no date"),
        str(event),
        f"grade {event.ctcae_grade}" if event.ctcae_grade else "",
        "serious" if event.is_serious else "",
        "ongoing" if event.is_ongoing else "",
    )
    return ", ".join(part for part in parts if part)


ADVERSE_EVENT = CrfDefinition(
    key=FORM,
    title="Adverse event",
    kind="log",
    model=AdverseEvent,
    sections=(
        Section("Event", ("term", "onset_on", "onset_time", "is_ongoing", "ended_on", "outcome")),
        Section(
            "Severity",
            ("ctcae_grade", "seriousness"),
            columns=2,
            help="Severity and seriousness are judged apart from each other.",
        ),
        Section(
            "Cause",
            ("related_procedure", "related_device", "related_contrast_sedation", "related_ms"),
            columns=2,
            help="Judge every cause by itself. An event may be serious and related to none of them.",
        ),
        Section("Expectedness", ("is_expected", "is_anticipated", "reference_version")),
        Section("What was done", ("actions_taken", "implant", "implanted_on", "admitted_on", "discharged_on")),
        Section("Death", ("died_on", "autopsy_done", "cause_of_death")),
        Section("Device", ("has_device_deficiency", "device_deficiency"), columns=2),
        Section(
            "Story",
            ("narrative",),
            columns=1,
            help="No names, no dates of birth, nothing that tells what was done in the veins.",
        ),
        Section(
            "Reporting",
            (
                "aware_at",
                "sponsor_aware_at",
                "poses_imminent_risk",
                "poses_unreasonable_risk",
                "risk_decided_at",
                "sponsor_reported_at",
                "board_reported_at",
                "authority_reported_at",
                "investigators_reported_at",
                "follow_up_number",
            ),
        ),
        Section("Coding", ("lowest_level_term", "preferred_term", "system_organ_class", "coding_version")),
    ),
    check=check_adverse_event,
    compute=compute_adverse_event,
    summary=summarize,
)
