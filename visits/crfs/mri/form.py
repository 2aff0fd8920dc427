"""How an MRI is laid out, and what is computed from it."""

from trialsite.accounts.roles import Permission
from trialsite.records.crf import Computed, CrfDefinition, Section
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.mri.checks import NEW_COUNTS, READER_COUNTS, VEINS, VOLUMES, check_mri, readers_differ
from visits.crfs.mri.model import Mri
from visits.crfs.mri.scans import find_scan, list_reference_scans, scan_day

COMBINED = ("cel_new", "t2_new", "t2_enlarging", "t2_also_enhancing")
ABNORMAL = frozenset({"pinpoint", "absent"})


def compute_mri(values: Values, context: VisitContext) -> list[Computed]:
    return [
        _show_interval(values, context),
        *(_show_readers(count, values) for count in NEW_COUNTS),
        _show_combined(values),
        _show_abnormal_veins(values),
    ]


def _show_interval(values: Values, context: VisitContext) -> Computed:
    reference, on = find_scan(context, values.get("reference_scan")), scan_day(values, context)
    if reference is None or on is None:
        return Computed("Days since the reference scan", "—")
    return Computed("Days since the reference scan", str((on - reference.scanned_on).days), reference.label)


def _show_readers(count: str, values: Values) -> Computed:
    label = {"cel_new": "Readers on new enhancing lesions", "t2_new": "Readers on new T2 lesions"}[count]
    read = [values.get(f"{count}_reader_{reader}") for reader in (1, 2)]
    if None in read:
        return Computed(label, "—")
    if readers_differ(count, values):
        return Computed(label, "differ", f"{read[0]} and {read[1]}", is_alert=values.get(count) is None)
    return Computed(label, "agree", str(read[0]))


def _show_combined(values: Values) -> Computed:
    """New enhancing lesions and new or enlarging T2 lesions, each lesion once (protocol section 3.3)."""
    parts = [values.get(name) for name in COMBINED]
    numbers = [part for part in parts if part is not None]
    if len(numbers) < len(COMBINED):
        return Computed("Combined active lesions", "—", "needs new enhancing, new, enlarging and overlapping counts")
    return Computed("Combined active lesions", str(sum(numbers[:3]) - numbers[3]), "each lesion counted once")


def _show_abnormal_veins(values: Values) -> Computed:
    read = [values.get(vein) for vein in VEINS]
    if not all(read):
        return Computed("Abnormal veins on venography", "—")
    return Computed("Abnormal veins on venography", f"{sum(flow in ABNORMAL for flow in read)} of {len(VEINS)}")


MRI = CrfDefinition(
    key="mri",
    title="MRI",
    kind="visit",
    model=Mri,
    is_outcome=True,
    sections=(
        Section(
            "Before the scan",
            (
                *Mri.HEAD,
                "has_pacemaker",
                "has_ferromagnetic_implant",
                "has_claustrophobia",
                "is_scan_done",
                "not_done_reason",
            ),
            help="Asked again before every scan: a patient may have received an implant since.",
        ),
        Section(
            "Scan", ("scanned_at", "scanner", "field_t", "is_protocol_followed", "motion_grade", "is_repeat_needed")
        ),
        Section("Gadolinium", ("gd_given", "gd_not_given_reason", "gd_agent", "gd_dose_mmol_kg", "gd_delay_min")),
        Section(
            "Readers",
            (
                "reference_scan",
                "reader_1",
                "reader_2",
                "is_blinded_read",
                *READER_COUNTS,
                "adjudicated_by",
                "adjudicated_on",
            ),
        ),
        Section(
            "Lesions",
            ("cel_total", "cel_new", "t2_total", "t2_new", "t2_enlarging", "t2_also_enhancing"),
            help="Where the readers agree, enter their number; where they differ, the number the third reader decided on.",
        ),
        Section("Volumes", (*VOLUMES, "pbvc_pct")),
        Section("MR venography", ("venography_done", *VEINS)),
        Section(
            "Incidental findings", ("has_incidental_finding", "incidental_finding", "incidental_notified_on", "remarks")
        ),
    ),
    check=check_mri,
    compute=compute_mri,
    links={"reference_scan": list_reference_scans},
    enter=frozenset({Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS}),
    instrument="mri",
)
