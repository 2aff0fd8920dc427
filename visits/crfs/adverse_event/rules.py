"""What follows from the entries about an adverse event. Pure.

Seriousness: ICH E2A, with the criterion that trials of devices add. Unanticipated device effect: 21 CFR 812.3(s).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from trialsite.records.values import Values

NONE = "none"
FATAL = "fatal"
SUSPECTED = frozenset({"possible", "probable", "causal"})
ENDED_OUTCOMES = frozenset({"recovered", "recovered_with_sequelae", FATAL})
Bounds = tuple[datetime, datetime]
LASTING_OUTCOMES = frozenset({"recovering", "not_recovered"})


def is_serious(values: Values) -> bool:
    """Serious as soon as one criterion holds, whatever caused the event."""
    return bool(_criteria(values) - {NONE})


def is_life_threatening_or_fatal(values: Values) -> bool:
    return bool(_criteria(values) & {"death", "life_threatening"})


def is_suspected(values: Values, *causes: str) -> bool:
    """Whether one of the causes (field names) is at least possible."""
    return any(values.get(cause) in SUSPECTED for cause in causes)


def is_unanticipated_device_effect(values: Values) -> bool:
    """A serious event that the device or the procedure may have caused and that was not anticipated in nature, severity or frequency."""
    caused = is_suspected(values, "related_device", "related_procedure")
    return is_serious(values) and caused and values.get("is_anticipated") is False


def is_unexpected_reaction(values: Values) -> bool:
    """A serious event that a drug of the trial (contrast medium, sedation) may have caused and that the reference document does not expect."""
    return (
        is_serious(values) and is_suspected(values, "related_contrast_sedation") and values.get("is_expected") is False
    )


def clock_events(values: Values) -> frozenset[str]:
    """The events of the protocol's safety clocks that this adverse event sets off."""
    is_reaction = is_unexpected_reaction(values)
    is_grave = is_life_threatening_or_fatal(values)
    found = {
        "serious": is_serious(values),
        "unanticipated_device_effect": is_unanticipated_device_effect(values),
        "unexpected_reaction_fatal": is_reaction and is_grave,
        "unexpected_reaction_other": is_reaction and not is_grave,
        "imminent_risk": is_serious(values) and values.get("poses_imminent_risk") is True,
        "unreasonable_risk": values.get("poses_unreasonable_risk") is True,
    }
    return frozenset(name for name, holds in found.items() if holds)


def clock_starts(values: Values) -> dict[str, datetime | None]:
    """When each clock starts to run. The sponsor learns of an event at the latest from the site's report."""
    return {
        "site_awareness": values.get("aware_at"),
        "sponsor_awareness": values.get("sponsor_aware_at") or values.get("sponsor_reported_at"),
        "decision": values.get("risk_decided_at"),
        "first_report": values.get("authority_reported_at"),
    }


def reports_sent(values: Values) -> dict[str, datetime | None]:
    """When each receiver was told."""
    return {
        "sponsor": values.get("sponsor_reported_at"),
        "review board": values.get("board_reported_at"),
        "authorit": values.get("authority_reported_at"),
        "investigators": values.get("investigators_reported_at"),
    }


def onset_bounds(values: Values, time_zone: str) -> Bounds | None:
    """The earliest and the latest moment at which the event can have started; equal when the time of day is known."""
    on, at = values.get("onset_on"), values.get("onset_time")
    if on is None:
        return None
    zone = ZoneInfo(time_zone)
    return datetime.combine(on, at or time.min, zone), datetime.combine(on, at or time.max, zone)


def procedure_bounds(on: date | None, started_at: datetime | None, time_zone: str) -> Bounds | None:
    """The earliest and the latest moment at which the procedure can have begun; the whole day while its time is not recorded."""
    if started_at is not None:
        return started_at, started_at
    if on is None:
        return None
    zone = ZoneInfo(time_zone)
    return datetime.combine(on, time.min, zone), datetime.combine(on, time.max, zone)


def needs_time_of_day(onset: Bounds | None, procedure: Bounds | None, hours: int) -> bool:
    """Whether the event may have started in the first `hours` after the procedure, in which the time of day decides."""
    if onset is None or procedure is None or onset[0] == onset[1]:
        return False
    return onset[1] >= procedure[0] and onset[0] <= procedure[1] + timedelta(hours=hours)


def is_treatment_emergent(onset: Bounds | None, procedure: Bounds | None) -> bool | None:
    """Whether the event started during or after the procedure; None when that cannot be told."""
    if onset is None or procedure is None:
        return None
    if onset[0] >= procedure[1]:
        return True
    return False if onset[1] < procedure[0] else None


def mri_barred_since(events: Collection[Mapping[str, Any]]) -> date | None:
    """The first day from which an implant bars magnetic resonance imaging, over all of a patient's events."""
    days = [
        event.get("implanted_on") or event.get("onset_on")
        for event in events
        if event.get("implant") not in (None, "", NONE)
    ]
    return min((day for day in days if day is not None), default=None)


def _criteria(values: Values) -> set[str]:
    return set(values.get("seriousness") or ())
