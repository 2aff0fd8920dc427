"""What a check of a visit form may look at besides the form itself: plain values, gathered once per page. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from trialsite.protocol.model import PlannedVisit, Protocol
from trialsite.records.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitContext:
    """The patient and the visit around a form, on a day.

    `now` and `time_zone` (an IANA name) are the present moment and the site's clock. `previous` holds the values of the same
    form at the patient's last earlier visit, `baseline` those at the baseline visit; both are empty where there is none.
    `related` carries what single forms need from others, by a name the form's checks document.
    """

    protocol: Protocol
    today: date
    phase_number: int
    now: datetime | None = None
    time_zone: str = "UTC"
    sex: str = ""
    born_on: date | None = None
    consented_on: date | None = None
    entered_on: date | None = None
    procedure_on: date | None = None
    died_on: date | None = None
    visit: PlannedVisit | None = None
    visited_on: date | None = None
    previous: Values = field(default_factory=dict)
    baseline: Values = field(default_factory=dict)
    related: Mapping[str, Any] = field(default_factory=dict)
