"""How the restricted part of the procedure is laid out and what belongs to the form."""

from trialsite.accounts.roles import Permission
from trialsite.records.crf import CrfDefinition, Grid, Section
from visits.crfs.intervention.checks import FORM, GRID, VEINS, check_intervention, compute_intervention
from visits.crfs.intervention.model import Intervention, InterventionVein

INTERVENTION = CrfDefinition(
    key=FORM,
    title="Intervention",
    kind="visit",
    model=Intervention,
    sections=(
        Section("Assessment", (*Intervention.HEAD, "script_steps")),
        Section("Amounts", ("contrast_ml", "fluoroscopy_min", "heparin_iu")),
        Section("Afterwards", ("antithrombotic_after", "antithrombotic_details", "notes")),
    ),
    grid=Grid(
        name=GRID,
        title="Veins",
        model=InterventionVein,
        rows=VEINS,
        fields=(
            "is_examined",
            "venography_stenosis_pct",
            "lesions",
            "ivus_done",
            "ivus_restriction_pct",
            "has_intraluminal_defect",
            "has_reduced_pulsatility",
            "gradient_mmhg",
            "inflation_count",
            "balloon_diameter_mm",
            "balloon_length_mm",
            "inflation_pressure_atm",
            "rated_burst_atm",
            "inflation_duration_s",
            "device_model",
            "device_lot",
            "residual_stenosis_pct",
        ),
        is_turned=True,
        help="Fill in every vein that was examined, in every patient alike. Enter 0 inflations where none was done.",
    ),
    check=check_intervention,
    compute=compute_intervention,
    enter=frozenset({Permission.ENTER_INTERVENTION}),
    view=frozenset({Permission.VIEW_RESTRICTED_RECORDS}),
)
