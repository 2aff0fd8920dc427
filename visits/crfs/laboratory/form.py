"""How laboratory results are laid out and what belongs to the form."""

from trialsite.records.crf import CrfDefinition, Section
from visits.crfs.laboratory.checks import FORM, check_laboratory, compute_laboratory
from visits.crfs.laboratory.model import Laboratory

LABORATORY = CrfDefinition(
    key=FORM,
    title="Laboratory",
    kind="visit",
    model=Laboratory,
    sections=(
        Section("Assessment", Laboratory.HEAD),
        Section(
            "Kidney",
            ("creatinine", "creatinine_unit"),
            help="Enter creatinine as the laboratory reports it. It is converted below.",
        ),
        Section("Blood", ("inr", "platelets_10e9_l", "hemoglobin_g_dl")),
        Section("Pregnancy", ("pregnancy_test", "pregnancy_test_on"), help="Only for women who can become pregnant."),
    ),
    check=check_laboratory,
    compute=compute_laboratory,
)
