"""Doppler examinations that score a wanted total under scheme A of the protocol. Pure."""

from collections.abc import Iterable, Sequence
from random import Random

from trialsite.demo.paper.body import Sheet

SIGNS = ("reflux", "defect", "flat", "reverted", "absent")
Sign = tuple[str, str]
"""What is seen, and in which vein. Each is worth one point; "reverted" adds one to "flat" in the same vein."""

# Two different criteria that count in every phase, so that whoever has two points of them is eligible.
_FIRST: tuple[Sign, ...] = (("reflux", "R_IJV"), ("defect", "L_IJV"))
_FURTHER: tuple[Sign, ...] = (
    ("flat", "R_IJV"),
    ("reflux", "L_IJV"),
    ("reflux", "R_DCV"),
    ("absent", "L_VV"),
    ("defect", "R_IJV"),
    ("flat", "L_IJV"),
    ("reflux", "R_VV"),
    ("reflux", "L_DCV"),
)
_LAST: tuple[Sign, ...] = (("reverted", "R_IJV"), ("reverted", "L_IJV"))
# One criterion only, and one that does not count in the randomized phase.
TOO_LITTLE: tuple[Sign, ...] = (("reflux", "R_IJV"), ("reflux", "R_DCV"))

_AREAS = {"J1": 58, "J2": 72, "J3": 84}  # mm², lying
_SITTING = {"J1": 36, "J2": 45, "J3": 50}
_JUGULAR, _OTHERS = ("R_IJV", "L_IJV"), ("R_VV", "L_VV", "R_DCV", "L_DCV")
_POSTURES = ("supine", "sitting")


def order_signs(rng: Random) -> tuple[Sign, ...]:
    """In which order the signs of one patient come, and go again when the veins get better: the first n make a score of n."""
    return (*_FIRST, *rng.sample(_FURTHER, len(_FURTHER)), *_LAST)


def write_doppler(signs: Sequence[Sign], rng: Random) -> Sheet:
    """One examination that shows exactly these signs, with the total the reader gives it."""
    sheet: Sheet = {
        "assessed_by": "Demo Assessor",
        "device": "Synthetic ultrasound system",
        "operator_name": "Demo sonographer",
        "reader_name": "Demo Doppler reader",
        "is_blinded_read": "yes",
        "reader_total": str(len(signs)),
    }
    for key, row in _write_rows(signs, rng).items():
        sheet |= {f"segments.{key}.{column}": value for column, value in row.items()}
    return sheet


def _write_rows(signs: Iterable[Sign], rng: Random) -> dict[str, dict[str, str]]:
    rows = _write_normal(rng)
    for sign, vein in signs:
        for key, changed in _SHOW[sign](vein, rng).items():
            rows[key] |= changed
    return rows


def _write_normal(rng: Random) -> dict[str, dict[str, str]]:
    rows = {}
    for vein in _JUGULAR:
        for landmark, area in _AREAS.items():
            lying = area + rng.randint(-3, 3)
            rows[f"{vein}_{landmark}_supine"] = {"flow": "antegrade", "csa_mm2": str(lying), "bmode": "none"}
            sitting = _SITTING[landmark] + rng.randint(-3, 3)
            rows[f"{vein}_{landmark}_sitting"] = {"flow": "antegrade", "csa_mm2": str(sitting), "bmode": "none"}
    return rows | {f"{vein}_{posture}": {"flow": "antegrade"} for vein in _OTHERS for posture in _POSTURES}


def _place(vein: str, landmark: str) -> str:
    return f"{vein}_{landmark}" if vein in _JUGULAR else vein


def _show_reflux(vein: str, rng: Random) -> dict[str, dict[str, str]]:
    """Longer than 0.88 s, lying and sitting."""
    return {
        f"{_place(vein, 'J3')}_{posture}": {"flow": "reflux", "reflux_s": f"{rng.randint(95, 240) / 100:.2f}"}
        for posture in _POSTURES
    }


def _show_absent(vein: str, rng: Random) -> dict[str, dict[str, str]]:
    return {f"{_place(vein, 'J1')}_{posture}": {"flow": "absent"} for posture in _POSTURES}


def _show_defect(vein: str, rng: Random) -> dict[str, dict[str, str]]:
    return {f"{vein}_J1_supine": {"bmode": rng.choice(("septum", "valve_malformation", "annulus", "membrane"))}}


def _show_flat(vein: str, rng: Random) -> dict[str, dict[str, str]]:
    """Almost as wide sitting as lying, where the vein should be narrower."""
    return {
        f"{vein}_J2_supine": {"csa_mm2": "72"},
        f"{vein}_J2_sitting": {"csa_mm2": str(72 - rng.randint(0, 7))},
    }


def _show_reverted(vein: str, rng: Random) -> dict[str, dict[str, str]]:
    return {f"{vein}_J2_sitting": {"csa_mm2": str(72 + rng.randint(5, 15))}}


_SHOW = dict(zip(SIGNS, (_show_reflux, _show_defect, _show_flat, _show_reverted, _show_absent), strict=True))
