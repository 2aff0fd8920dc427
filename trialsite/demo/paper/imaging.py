"""Magnetic resonance imaging with its reference scan and two readers. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trialsite.demo.paper.body import Body, Sheet
from trialsite.demo.paper.examinations import write_moment

_YEARLY_LOSS_PCT = Decimal("0.70")


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpScan:
    """What a scan is compared with and what is new in it."""

    reference_id: str
    new_ce: int
    new_t2: int
    days_since_baseline: int
    read_on: date


def write_scan(body: Body, scanned_at: datetime, follow_up: FollowUpScan | None) -> Sheet:
    """A scan that was done; the first of a patient has nothing to be compared with."""
    enhancing = (follow_up.new_ce if follow_up else 0) + body.rng.randint(0, 1)
    body.lesions_t2 += follow_up.new_t2 if follow_up else 0
    sheet: Sheet = {
        "has_pacemaker": "no",
        "has_ferromagnetic_implant": "no",
        "has_claustrophobia": "no",
        "assessed_by": "Demo Assessor",
        "is_scan_done": "yes",
        "scanned_at": write_moment(scanned_at),
        "scanner": "Synthetic scanner 1",
        "field_t": "3",
        "is_protocol_followed": "yes",
        "motion_grade": str(body.rng.choice((0, 0, 0, 1))),
        "is_repeat_needed": "no",
        "gd_given": "yes",
        "gd_agent": "gadobutrol",
        "gd_dose_mmol_kg": "0.1",
        "gd_delay_min": str(body.rng.randint(5, 8)),
        "reader_1": "Demo MRI reader 1",
        "reader_2": "Demo MRI reader 2",
        "is_blinded_read": "yes",
        "cel_total": str(enhancing),
        "t2_total": str(body.lesions_t2),
        "venography_done": "yes",
        **dict.fromkeys(("venography_right_ijv", "venography_left_ijv"), body.rng.choice(("normal", "pinpoint"))),
        **dict.fromkeys(("venography_right_vv", "venography_left_vv"), "present"),
        "has_incidental_finding": "no",
    }
    compared = _write_comparison(body, follow_up) if follow_up else {}
    return sheet | _write_volumes(body, follow_up) | compared


def _write_comparison(body: Body, scan: FollowUpScan) -> Sheet:
    sheet: Sheet = {
        "reference_scan": scan.reference_id,
        "cel_new": str(scan.new_ce),
        "t2_new": str(scan.new_t2),
        "t2_enlarging": str(body.rng.choice((0, 0, 0, 1)) if scan.new_t2 else 0),
        "t2_also_enhancing": str(min(scan.new_ce, scan.new_t2)),
        "pbvc_pct": f"{-_YEARLY_LOSS_PCT * scan.days_since_baseline / 365 + Decimal(body.rng.randint(-15, 15)) / 100:.2f}",
    }
    # Where two are new, now and then the second reader misses one and a third decides.
    missed = 1 if scan.new_t2 > 1 else 0
    for count, agreed in (("cel_new", scan.new_ce), ("t2_new", scan.new_t2)):
        second = agreed - (missed if count == "t2_new" else 0)
        sheet |= {f"{count}_reader_1": str(agreed), f"{count}_reader_2": str(second)}
    decided: Sheet = {"adjudicated_by": "Demo MRI adjudicator", "adjudicated_on": scan.read_on.isoformat()}
    return sheet | (decided if missed else {})


def _write_volumes(body: Body, scan: FollowUpScan | None) -> Sheet:
    days = scan.days_since_baseline if scan else 0
    body.t2_volume_ml += Decimal("0.12") * (scan.new_t2 if scan else 0)
    brain = body.brain_volume_ml * (1 - _YEARLY_LOSS_PCT / 100 * days / 365)
    gray = (brain * Decimal("0.53")).quantize(Decimal("0.1"))
    whole = brain.quantize(Decimal("0.1"))
    t2_volume = body.near_decimal(body.t2_volume_ml, "0.05")
    return {
        "t2_volume_ml": f"{t2_volume:.2f}",
        "t1_volume_ml": f"{t2_volume / 4:.2f}",
        "brain_volume_ml": str(whole),
        "gray_matter_ml": str(gray),
        "white_matter_ml": str(whole - gray),
    }


def write_no_scan() -> Sheet:
    """After a pacemaker was implanted."""
    return {
        "assessed_by": "Demo Assessor",
        "has_pacemaker": "yes",
        "has_ferromagnetic_implant": "no",
        "has_claustrophobia": "no",
        "is_scan_done": "no",
        "not_done_reason": "Pacemaker implanted: magnetic resonance imaging is contraindicated.",
    }
