"""The day of the procedure: what everybody may know, and what the operator alone writes. Pure."""

from datetime import datetime
from random import Random

from trialsite.demo.paper.body import Sheet
from trialsite.demo.paper.examinations import write_moment

SHARE_SEDATED, SHARE_SMALLER = 0.85, 0.1  # the protocol wants a sheath of 8 F; another one is asked about
_STEPS = ["catheter", "venography", "ivus", "simulated_inflation", "waiting_time"]
_VEINS = ("R_IJV", "L_IJV", "AZYGOS")


def write_procedure(started_at: datetime, ended_at: datetime, discharged_at: datetime, rng: Random) -> Sheet:
    return {
        "started_at": write_moment(started_at),
        "ended_at": write_moment(ended_at),
        "sedation_given": "yes",
        "sedation_agents": "Midazolam, fentanyl",
        "access_side": rng.choice(("right_femoral", "right_femoral", "left_femoral")),
        "sheath_french": "8",
        "hemostasis": "manual",
        "exit_complications": ["none"],
        "discharged_at": write_moment(discharged_at),
    }


def vary(room: Random) -> Sheet:
    """What differs from day to day in the room, whatever is done there."""
    sheet: Sheet = {
        "sheath_french": "7" if room.random() < SHARE_SMALLER else "8",
        "hemostasis": room.choice(("manual", "manual", "manual", "device")),
    }
    return sheet if room.random() < SHARE_SEDATED else sheet | {"sedation_given": "no", "sedation_agents": ""}


def name_person(room: Random) -> Sheet:
    """Who was in the room, as the operator's form says; they take turns, whatever is done there."""
    return {"assessed_by": room.choice(("Demo Operator", "Demo Operator", "Demo Fellow"))}


def write_intervention(rng: Random, *, is_sham: bool) -> Sheet:
    """Venography and ultrasound in everybody; a balloon only where the arm has one."""
    sheet: Sheet = {
        "assessed_by": "Demo Operator",
        "script_steps": _STEPS,
        "contrast_ml": str(rng.randint(60, 110)),
        "fluoroscopy_min": f"{rng.randint(140, 320) / 10:.1f}",
        "heparin_iu": "5000",
        "antithrombotic_after": "anticoagulant",
        "antithrombotic_details": "Low molecular weight heparin, preventive dose, for three weeks.",
    }
    narrowed = rng.choice(_VEINS[:2])
    for vein in _VEINS:
        sheet |= {
            f"veins.{vein}.{column}": value for column, value in _write_vein(rng, vein == narrowed, is_sham).items()
        }
    return sheet


def _write_vein(rng: Random, is_narrowed: bool, is_sham: bool) -> Sheet:
    narrowing = rng.randint(55, 80) if is_narrowed else rng.randint(0, 30)
    sheet: Sheet = {
        "is_examined": "yes",
        "venography_stenosis_pct": str(narrowing),
        "lesions": [rng.choice(("stenosis", "septum", "valve"))] if is_narrowed else ["normal"],
        "ivus_done": "yes",
        "ivus_restriction_pct": str(narrowing),
        "has_intraluminal_defect": "yes" if is_narrowed else "no",
        "has_reduced_pulsatility": "no",
        "gradient_mmhg": f"{rng.randint(1, 4) if is_narrowed else 0}",
        "inflation_count": "0",
    }
    return sheet | (_write_inflation(rng) if is_narrowed and not is_sham else {})


def _write_inflation(rng: Random) -> Sheet:
    return {
        "inflation_count": str(rng.randint(1, 3)),
        "balloon_diameter_mm": str(rng.choice((10, 12, 14))),
        "balloon_length_mm": "40",
        "inflation_pressure_atm": str(rng.randint(6, 10)),
        "rated_burst_atm": "14",
        "inflation_duration_s": str(rng.choice((60, 90, 120))),
        "device_model": "Synthetic balloon",
        "device_lot": f"SYN-{rng.randint(1000, 9999)}",
        "residual_stenosis_pct": str(rng.randint(5, 35)),
    }
