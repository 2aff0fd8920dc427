"""How the history of the disease is laid out."""

from enrollment.crfs.ms_history.checks import check_ms_history
from enrollment.crfs.ms_history.model import MsHistory
from trialsite.records.crf import CrfDefinition, Section

MS_HISTORY = CrfDefinition(
    key="ms_history",
    title="MS history",
    kind="single",
    model=MsHistory,
    sections=(
        Section(
            "Disease",
            ("ms_course", "mcdonald_version", "onset_on", "diagnosed_on"),
            columns=2,
            help="Write what is known of a day, here and below: 2004-02-28, 2004-02 or 2004.",
        ),
        Section(
            "Relapses",
            ("relapses_12_months", "relapses_24_months", "last_relapse_on", "last_steroid_on"),
            help="Before consent. A patient who never had one: no value, not applicable.",
        ),
        Section("Therapy", ("dmt", "dmt_other", "dmt_started_on")),
        Section("Veins", ("has_previous_venous_procedure", "previous_venous_procedure_details"), columns=2),
        Section("Heart", ("has_syncope_or_arrhythmia", "syncope_or_arrhythmia_details"), columns=2),
    ),
    check=check_ms_history,
)
