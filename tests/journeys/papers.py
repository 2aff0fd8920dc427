"""What stands on paper: the values that people type into the forms, by the names of the inputs."""

from tests.journeys.desk import Sheet
from visits.crfs.doppler.segments import SEGMENTS, Segment

CONSENT: Sheet = {
    "occasion": "first",
    "form_version": "1.0",
    "consented_at": "2011-02-01T09:30",
    "obtained_by": "Dr. Example",
    "is_copy_given": "yes",
}
DEMOGRAPHICS: Sheet = {
    "born_on": "1975-05-04",
    "sex": "F",
    "has_childbearing_potential": "yes",
    "education_years": "14",
    "handedness": "R",
    "height_cm": "168",
    "weight_kg": "64",
}
MS_HISTORY: Sheet = {
    "ms_course": "RR",
    "mcdonald_version": "2005",
    "onset_on": "2004",
    "diagnosed_on": "2004-06",
    "relapses_12_months": "1",
    "relapses_24_months": "2",
    "last_relapse_on": "2010-09",
    "dmt": "glatiramer",
    "dmt_started_on": "2006",
    "has_previous_venous_procedure": "no",
    "has_syncope_or_arrhythmia": "no",
}
NEVER_STEROIDS: Sheet = {"absent-last_steroid_on": "not_applicable"}
VITAL_SIGNS: Sheet = {
    "assessed_by": "Nurse Example",
    "systolic_mmhg": "122",
    "diastolic_mmhg": "78",
    "heart_rate_bpm": "68",
    "oxygen_saturation_pct": "98",
    "temperature_c": "36.7",
}
RELAPSE_CHECK: Sheet = {
    "assessed_by": "Nurse Example",
    "has_new_relapse": "no",
    "new_relapses": "0",
    "total_relapses": "0",
}
EDSS: Sheet = {
    "assessed_by": "Rater Example",
    "is_blinded_rater": "yes",
    "fs_visual": "0",
    "fs_brainstem": "0",
    "fs_pyramidal": "3",
    "fs_cerebellar": "1",
    "fs_sensory": "2",
    "fs_bowel_bladder": "1",
    "fs_cerebral": "0",
    "ambulation_form": "0-16",
    "ambulation": "0",
    "walking_distance_m": "500",
    "aid": "none",
    "rater_step": "3.5",
}
DOPPLER_HEAD: Sheet = {
    "assessed_by": "Rater Example",
    "device": "Synthetic scanner",
    "operator_name": "Rater Example",
    "reader_name": "Reader Example",
    "is_blinded_read": "yes",
}
ELIGIBILITY_HEAD: Sheet = {
    "assessed_by": "Dr. Example",
    "has_progressed": "no",
    "is_breast_feeding": "no",
    "lacks_contraception": "no",
    "has_treatment_contraindication": "no",
}
ELIGIBILITY_ANSWERS = {"I8": "yes", "E2": "no", "E3": "no", "E5": "no", "E7": "no", "E10": "no", "E11": "no"}
ELIGIBILITY: Sheet = ELIGIBILITY_HEAD | {f"answers.{code}.answer": word for code, word in ELIGIBILITY_ANSWERS.items()}  # type: ignore[operator]  # both are dicts
MRI: Sheet = {
    "assessed_by": "Rater Example",
    "has_pacemaker": "no",
    "has_ferromagnetic_implant": "no",
    "has_claustrophobia": "no",
    "is_scan_done": "yes",
    "scanner": "Synthetic scanner",
    "field_t": "3",
    "is_protocol_followed": "yes",
    "motion_grade": "0",
    "gd_given": "yes",
    "gd_agent": "gadobutrol",
    "gd_dose_mmol_kg": "0.1",
    "gd_delay_min": "6",
    "reader_1": "First Reader",
    "reader_2": "Second Reader",
    "is_blinded_read": "yes",
    "cel_total": "0",
    "t2_total": "20",
    "t2_volume_ml": "8.5",
    "brain_volume_ml": "1500",
    "venography_done": "no",
    "has_incidental_finding": "no",
}
MRI_AFTER: Sheet = {
    **{name: value for name, value in MRI.items() if name != "t2_total"},
    **dict.fromkeys(("cel_new_reader_1", "cel_new_reader_2", "cel_new"), "0"),
    **dict.fromkeys(("t2_new_reader_1", "t2_new_reader_2", "t2_new"), "1"),
    "t2_enlarging": "0",
    "pbvc_pct": "-0.1",
}
COGNITION: Sheet = {
    "assessed_by": "Rater Example",
    "alternate_form": "a",
    "validity": "valid",
    "sdmt_correct": "50",
    "sdmt_errors": "1",
    "pasat_correct": "46",
    **{f"cvlt_trial_{n}": str(5 + 2 * n) for n in range(1, 6)},
    "cvlt_delayed": "13",
    **{f"bvmt_trial_{n}": str(4 + 2 * n) for n in range(1, 4)},
    "bvmt_delayed": "9",
    **{f"t25fw_{n}_s": "5.2" for n in (1, 2)},
    "t25fw_aid": "none",
    **{f"nhpt_{hand}_{n}_s": "20.5" for hand in ("dominant", "nondominant") for n in (1, 2)},
}
QUALITY_OF_LIFE: Sheet = {
    "assessed_by": "Rater Example",
    "completed_by": "self",
    "language": "en",
    "mode": "paper",
    **{f"msqol_{n}": "2" for n in range(1, 55)},
}
PROCEDURE: Sheet = {
    "started_at": "2011-03-08T09:00",
    "ended_at": "2011-03-08T10:10",
    "sedation_given": "yes",
    "sedation_agents": "Midazolam",
    "access_side": "right_femoral",
    "sheath_french": "8",
    "hemostasis": "manual",
    "exit_complications": ["none"],
    "discharged_at": "2011-03-08T10:55",
}
INTERVENTION: Sheet = {
    "assessed_by": "Dr. Operator",
    "script_steps": ["catheter", "venography", "ivus", "simulated_inflation", "waiting_time"],
    "contrast_ml": "80",
    "fluoroscopy_min": "21.5",
    "heparin_iu": "5000",
    "antithrombotic_after": "none",
    "veins.L_IJV.is_examined": "yes",
    "veins.L_IJV.venography_stenosis_pct": "70",
    "veins.L_IJV.lesions": ["stenosis"],
}
INFLATED: Sheet = {
    "veins.L_IJV.inflation_count": "2",
    "veins.L_IJV.balloon_diameter_mm": "12",
    "veins.L_IJV.balloon_length_mm": "40",
    "veins.L_IJV.inflation_pressure_atm": "8",
    "veins.L_IJV.inflation_duration_s": "60",
    "veins.L_IJV.device_model": "Synthetic balloon",
    "veins.L_IJV.device_lot": "SYN-1",
    "veins.L_IJV.residual_stenosis_pct": "20",
}
NOT_INFLATED: Sheet = {"veins.L_IJV.inflation_count": "0"}
GUESS: Sheet = {"assessed_by": "Nurse Example", "patient_guess": "do_not_know", "rater_guess": "do_not_know"}


def laboratory(on: str) -> Sheet:
    return {
        "assessed_by": "Nurse Example",
        "creatinine": "0.80",
        "creatinine_unit": "mg_dl",
        "inr": "1.00",
        "platelets_10e9_l": "250",
        "hemoglobin_g_dl": "13.5",
        "pregnancy_test": "negative",
        "pregnancy_test_on": on,
    }


def segments() -> Sheet:
    """Reflux in the right jugular vein is the first criterion, a narrow left one the third; all else is normal."""
    return {
        f"segments.{segment.key}.{column}": value for segment in SEGMENTS for column, value in _segment(segment).items()
    }


def _segment(segment: Segment) -> dict[str, str]:
    row = {"flow": "reflux", "reflux_s": "1.20"} if segment.vein == "R_IJV" else {"flow": "antegrade"}
    if not segment.is_jugular:
        return row
    lying = "25" if segment.vein == "L_IJV" else "70"
    return row | {"bmode": "none", "csa_mm2": lying if segment.posture == "supine" else "12"}
