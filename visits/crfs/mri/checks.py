"""What must hold in an MRI form. Pure.

Needs of `context.related`:

* "scans": the patient's other scans that were done, as `EarlierScan` (see `scans.py`), without the one on this form.
* "implant_since": the earliest day on which an electronic or ferromagnetic implant is on record in another form, or None.

`context.previous` gives the volumes of the last earlier scan.
"""

from decimal import Decimal
from itertools import combinations

from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Values
from visits.crfs.change_checks import check_changes
from visits.crfs.context import VisitContext
from visits.crfs.mri.scans import EarlierScan, find_scan, find_skipped_visits, get_earlier_scans, is_follow_up, scan_day
from visits.crfs.shared_checks import check_assessment_date, check_not_future, check_past_date, find_missing

CONTRAINDICATIONS = {
    "has_pacemaker": "a pacemaker or other electronic implant",
    "has_ferromagnetic_implant": "a ferromagnetic implant",
    "has_claustrophobia": "claustrophobia",
}
GADOLINIUM = ("gd_agent", "gd_dose_mmol_kg", "gd_delay_min")
NEW_COUNTS = ("cel_new", "t2_new")
READER_COUNTS = tuple(f"{count}_reader_{reader}" for count in NEW_COUNTS for reader in (1, 2))
COUNTS = (*READER_COUNTS, "cel_total", "cel_new", "t2_total", "t2_new", "t2_enlarging", "t2_also_enhancing")
VOLUMES = ("t2_volume_ml", "t1_volume_ml", "brain_volume_ml", "gray_matter_ml", "white_matter_ml")
VEINS = ("venography_right_ijv", "venography_left_ijv", "venography_right_vv", "venography_left_vv")
RESULTS = ("scanned_at", *COUNTS, *VOLUMES, "pbvc_pct", *VEINS)
COUNT_LABELS = {"cel_new": "new enhancing", "t2_new": "new T2"}


def check_mri(values: Values, context: VisitContext) -> list[Finding]:
    findings = [
        *check_assessment_date(values, context),
        *check_not_future(values, context, "adjudicated_on", "incidental_notified_on"),
        *_check_safety(values, context),
        *_check_needed(values, context),
    ]
    if values.get("is_scan_done") is False:
        return findings + _check_not_done(values)
    return [
        *findings,
        *_check_moment(values, context),
        *_check_gadolinium(values),
        *_check_reference(values, context),
        *_check_readers(values),
        *_check_counts(values),
        *_check_volumes(values, context),
        *_check_venography(values),
        *_check_incidental(values),
    ]


def has(values: Values, *names: str) -> bool:
    """Whether any of these items has a value."""
    return any(values.get(name) not in (None, "") for name in names)


# -- before the scan


def _check_safety(values: Values, context: VisitContext) -> list[Finding]:
    return [*_check_implant(values, context), *_check_in_spite(values)]


def _check_implant(values: Values, context: VisitContext) -> list[Finding]:
    since, assessed_on = context.related.get("implant_since"), values.get("assessed_on")
    is_denied = values.get("has_pacemaker") is False and values.get("has_ferromagnetic_implant") is False
    if since is None or not is_denied or (assessed_on is not None and assessed_on < since):
        return []
    sentence = f"An implant is on record since {since}. Answer yes here or below, or correct that record first."
    return [hard("implant_forgotten", "has_pacemaker", sentence, "7.11")]


def _check_in_spite(values: Values) -> list[Finding]:
    present = [words for name, words in CONTRAINDICATIONS.items() if values.get(name)]
    if not (present and values.get("is_scan_done")):
        return []
    sentence = f"A scan was done in spite of {' and '.join(present)}. Who decided that it was safe, and why?"
    return [soft("scan_in_spite", "is_scan_done", sentence, "7.11")]


def _check_not_done(values: Values) -> list[Finding]:
    if not has(values, *RESULTS):
        return []
    return [
        hard(
            "results_without_scan",
            "is_scan_done",
            "There are results, so a scan was done. Answer yes, or delete the results.",
            "8.6",
        )
    ]


# -- the scan


def _check_moment(values: Values, context: VisitContext) -> list[Finding]:
    on, assessed_on = scan_day(values, context), values.get("assessed_on")
    if on is None:
        return []
    findings = check_past_date("scanned_at", on, context)
    if not findings and assessed_on is not None and on != assessed_on:
        findings.append(
            soft("scanned_another_day", "scanned_at", f"The form is dated {assessed_on}. Was the scan on another day?")
        )
    return findings


def _check_gadolinium(values: Values) -> list[Finding]:
    if values.get("gd_given") is not False:
        return []
    findings = []
    if has(values, *GADOLINIUM):
        findings.append(
            hard(
                "gd_details",
                "gd_given",
                "Agent, dose or delay is entered, so gadolinium was given. Correct one of them.",
                "8.6",
            )
        )
    if has(values, "cel_total", "cel_new", "cel_new_reader_1", "cel_new_reader_2"):
        field = "cel_total" if has(values, "cel_total") else "cel_new"
        findings.append(
            hard(
                "cel_without_gd",
                field,
                "Enhancing lesions cannot be counted without gadolinium. Say instead why there is no count.",
                "8.6",
            )
        )
    return findings


# -- the reference scan


def _check_reference(values: Values, context: VisitContext) -> list[Finding]:
    reference_id = values.get("reference_scan")
    reference = find_scan(context, reference_id)
    if reference_id is None:
        return _check_no_reference(values, context)
    if reference is None:
        return [
            hard(
                "reference_unknown",
                "reference_scan",
                "This scan is not one of the patient's. Choose one of the list.",
                "7.6",
            )
        ]
    return _check_reference_date(values, context, reference)


def _check_no_reference(values: Values, context: VisitContext) -> list[Finding]:
    findings = []
    if has(values, *NEW_COUNTS, *READER_COUNTS, "t2_enlarging"):
        sentence = "New lesions are counted against an earlier scan. Choose it, or delete the counts of new lesions."
        findings.append(hard("new_without_reference", "reference_scan", sentence, "7.6"))
    if has(values, "pbvc_pct") and not is_follow_up(context):
        findings.append(_pbvc_too_early())
    return findings


def _pbvc_too_early() -> Finding:
    return hard(
        "pbvc_at_baseline",
        "pbvc_pct",
        "Before treatment there is no earlier scan to compare with. Delete the value.",
        "8.6",
    )


def _check_reference_date(values: Values, context: VisitContext, reference: EarlierScan) -> list[Finding]:
    on = scan_day(values, context) or context.visited_on
    if on is not None and reference.scanned_on >= on:
        sentence = f"The scan of {reference.scanned_on} is not earlier than this one ({on}). Choose an earlier scan."
        return [hard("reference_not_earlier", "reference_scan", sentence, "7.6")]
    findings = [] if is_follow_up(context) or not has(values, "pbvc_pct") else [_pbvc_too_early()]
    last = max((scan.scanned_on for scan in get_earlier_scans(context, on)), default=reference.scanned_on)
    if reference.scanned_on < last:
        sentence = f"The last earlier scan is that of {last}. New lesions are counted against the last one. Is this reference right?"
        findings.append(soft("reference_not_last", "reference_scan", sentence, "3.3"))
    return findings + _check_interval(context, reference)


def _check_interval(context: VisitContext, reference: EarlierScan) -> list[Finding]:
    skipped = find_skipped_visits(context, reference)
    if not skipped:
        return []
    sentence = f"No scan at {' and '.join(skipped)}: new lesions are counted over a longer time, since {reference.scanned_on}. Is that right?"
    return [soft("reference_interval_long", "reference_scan", sentence, "3.3")]


# -- readers


def _check_readers(values: Values) -> list[Finding]:
    findings = [*_check_names(values), *_check_blinding(values)]
    for count in NEW_COUNTS:
        findings += _check_agreement(count, values)
    return findings


def _check_names(values: Values) -> list[Finding]:
    labels = {"reader_1": "first reader", "reader_2": "second reader", "adjudicated_by": ""}
    found = []
    for one, other in combinations(labels, 2):
        if has(values, one) and has(values, other) and _folded(values[one]) == _folded(values[other]):
            sentence = f"The {labels[one]} has the same name. Enter another person: scans are read independently."
            found.append(hard(f"{other}_is_{one}", other, sentence, "8.6"))
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _check_blinding(values: Values) -> list[Finding]:
    if values.get("is_blinded_read") is not False or not has(values, *COUNTS):
        return []
    return [
        hard(
            "counts_unblinded",
            "is_blinded_read",
            "Lesion counts come from blinded readers only. Have the scan read again, blinded.",
            "7.6",
        )
    ]


def readers_differ(count: str, values: Values) -> bool:
    one, other = (values.get(f"{count}_reader_{reader}") for reader in (1, 2))
    return one is not None and other is not None and one != other


def _check_agreement(count: str, values: Values) -> list[Finding]:
    one, other = (values.get(f"{count}_reader_{reader}") for reader in (1, 2))
    agreed, label = values.get(count), COUNT_LABELS[count]
    if one is None or other is None:
        return []
    if one == other:
        sentence = f"Both readers counted {one} {label} lesions. Enter {one}, or correct a reader's count."
        return [hard(f"{count}_not_as_read", count, sentence, "8.6")] if agreed not in (None, one) else []
    return _check_adjudication(count, values, sorted((one, other)))


def _check_adjudication(count: str, values: Values, read: list[int]) -> list[Finding]:
    agreed, label = values.get(count), COUNT_LABELS[count]
    if agreed is None:
        sentence = f"The readers counted {read[0]} and {read[1]} {label} lesions. A third reader decides; enter that number here."
        return [soft(f"{count}_to_adjudicate", count, sentence, "8.6")]
    findings = []
    if not has(values, "adjudicated_by"):
        sentence = f"The readers differ on {label} lesions. Enter who decided on {agreed}."
        findings.append(soft(f"{count}_adjudicator_missing", "adjudicated_by", sentence, "8.6"))
    if not read[0] <= agreed <= read[1]:
        sentence = f"The readers counted {read[0]} and {read[1]}; {agreed} lies outside. Is it right?"
        findings.append(soft(f"{count}_outside_readings", count, sentence, "8.6"))
    return findings


# -- numbers


def _check_counts(values: Values) -> list[Finding]:
    return [
        *_check_part("cel_new", "cel_total", "New enhancing lesions cannot be more than all enhancing lesions", values),
        *_check_part("t2_new", "t2_total", "New T2 lesions cannot be more than all T2 lesions", values),
        *_check_part("t2_also_enhancing", "cel_new", "These cannot be more than the new enhancing lesions", values),
        *_check_overlap(values),
    ]


def _check_part(part: str, whole: str, sentence: str, values: Values) -> list[Finding]:
    if not (has(values, part) and has(values, whole)) or values[part] <= values[whole]:
        return []
    return [hard(f"{part}_above_{whole}", part, f"{sentence} ({values[whole]}). Correct one of them.", "8.6")]


def _check_overlap(values: Values) -> list[Finding]:
    if not (has(values, "t2_also_enhancing") and has(values, "t2_new") and has(values, "t2_enlarging")):
        return []
    active = values["t2_new"] + values["t2_enlarging"]
    if values["t2_also_enhancing"] <= active:
        return []
    return [
        hard(
            "overlap_above_active",
            "t2_also_enhancing",
            f"Only {active} T2 lesions are new or enlarging. Correct one of them.",
            "3.3",
        )
    ]


def _check_volumes(values: Values, context: VisitContext) -> list[Finding]:
    return [*_check_brain_parts(values, context), *check_changes("mri", values, context)]


def _check_brain_parts(values: Values, context: VisitContext) -> list[Finding]:
    gray, white, brain = (values.get(name) for name in ("gray_matter_ml", "white_matter_ml", "brain_volume_ml"))
    if gray is None or white is None or not brain:
        return []
    tolerance: Decimal = context.protocol.checks.brain_parts_tolerance_pct
    if 100 * abs(gray + white - brain) <= tolerance * brain:
        return []
    sentence = f"Gray and white matter together are {gray + white} mL, the brain is {brain} mL. They should agree within {tolerance} %."
    return [soft("brain_parts_differ", "brain_volume_ml", sentence, "8.6")]


# -- veins, incidental findings


def _check_venography(values: Values) -> list[Finding]:
    if values.get("venography_done") is not False or not has(values, *VEINS):
        return []
    sentence = "Findings in veins are entered, so venography was done. Correct one of them."
    return [hard("veins_without_venography", "venography_done", sentence, "8.6")]


def _check_incidental(values: Values) -> list[Finding]:
    if values.get("has_incidental_finding") and not values.get("incidental_notified_on"):
        sentence = "Tell the safety officer of an incidental finding, and enter the day on which you did."
        return [soft("incidental_not_notified", "incidental_notified_on", sentence, "8.6")]
    if values.get("has_incidental_finding") is False and has(values, "incidental_finding"):
        return [
            hard(
                "incidental_denied",
                "has_incidental_finding",
                "A finding is described below. Answer yes, or delete it.",
                "8.6",
            )
        ]
    return []


# -- what completes the form


def _check_needed(values: Values, context: VisitContext) -> list[Finding]:
    done = values.get("is_scan_done")
    if done is None:
        return []
    names = _needed_of_scan(values, context) if done else ["not_done_reason"]
    return find_missing(values, names)


def _needed_of_scan(values: Values, context: VisitContext) -> list[str]:
    names = [
        "scanned_at",
        "scanner",
        "field_t",
        "is_protocol_followed",
        "motion_grade",
        "gd_given",
        "reader_1",
        "reader_2",
        "is_blinded_read",
    ]
    names += (
        [*GADOLINIUM] if values.get("gd_given") else ["gd_not_given_reason"] if values.get("gd_given") is False else []
    )
    names += ["cel_total"] if values.get("gd_given") else []
    names += _needed_of_comparison(values) if is_follow_up(context) else ["t2_total"]
    names += ["t2_volume_ml", "brain_volume_ml", "venography_done", "has_incidental_finding"]
    names += [*VEINS] if values.get("venography_done") else []
    return names + (["incidental_finding"] if values.get("has_incidental_finding") else [])


def _needed_of_comparison(values: Values) -> list[str]:
    counts = [count for count in NEW_COUNTS if count != "cel_new" or values.get("gd_given")]
    readings = [f"{count}_reader_{reader}" for count in counts for reader in (1, 2)]
    adjudication = (
        ["adjudicated_by", "adjudicated_on"] if any(readers_differ(count, values) for count in counts) else []
    )
    return ["reference_scan", *readings, *adjudication, *counts, "t2_enlarging", "pbvc_pct"]
