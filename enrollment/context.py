"""What a check of a patient's form may look at besides the form itself: plain values, gathered once per page. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from trialsite.lib.partial_dates import PartialDate
from trialsite.protocol.model import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What other forms need to know of a patient; the name of each is the same in every context.

    `born` may be a year only, `born_on` is the earliest day it may mean. Consent is the earliest complete one; its day is the site's.
    """

    sex: str = ""
    born: PartialDate | None = None
    born_on: date | None = None
    has_childbearing_potential: bool | None = None
    consented_at: datetime | None = None
    consented_on: date | None = None

    @property
    def has_consented(self) -> bool:
        return self.consented_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherConsent:
    """A complete consent besides the one being entered."""

    consented_at: datetime
    form_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientContext:
    """The patient around a form, at a moment. `related` carries what single forms need from others, by a name their checks document."""

    protocol: Protocol
    now: datetime
    time_zone: str
    phase_number: int
    facts: PatientFacts = field(default_factory=PatientFacts)
    entered_on: date | None = None
    procedure_on: date | None = None
    died_on: date | None = None
    other_consents: tuple[OtherConsent, ...] = ()
    related: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day it is at the site."""
        return self.day_of(self.now)

    def day_of(self, moment: datetime) -> date:
        """The day a moment falls on at the site."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def sex(self) -> str:
        return self.facts.sex

    @property
    def born(self) -> PartialDate | None:
        return self.facts.born

    @property
    def born_on(self) -> date | None:
        return self.facts.born_on

    @property
    def consented_on(self) -> date | None:
        return self.facts.consented_on
