"""How vital signs are laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.vital_signs.checks import FORM, check_vital_signs, compute_vital_signs
from visits.crfs.vital_signs.model import VitalSigns

VITAL_SIGNS = CrfDefinition(
    key=FORM,
    title="Vital signs",
    kind="visit",
    model=VitalSigns,
    sections=(
        Section("Assessment", VitalSigns.HEAD),
        Section("Circulation", ("systolic_mmhg", "diastolic_mmhg", "heart_rate_bpm", "oxygen_saturation_pct")),
        Section("Body", ("temperature_c", "height_cm", "weight_kg")),
    ),
    check=check_vital_signs,
    compute=compute_vital_signs,
)
