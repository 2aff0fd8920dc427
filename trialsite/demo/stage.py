"""What all courses share: the people, the protocol, and the outcomes that are handed out by arm."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.demo.people import People
from trialsite.demo.plan import Outcome, angioplasty_outcomes, sham_outcomes
from trialsite.protocol.model import Protocol, Site


def _outcomes_by_kind() -> dict[bool, Iterator[Outcome]]:
    return {False: iter(angioplasty_outcomes()), True: iter(sham_outcomes())}


@dataclass(slots=True, kw_only=True)
class Stage:
    """`on_visit` is called when a visit has been recorded."""

    protocol: Protocol
    people: People
    on_visit: Callable[[], None]
    outcomes: dict[bool, Iterator[Outcome]] = field(default_factory=_outcomes_by_kind)

    @property
    def site(self) -> Site:
        return self.protocol.sites[0]

    @property
    def country(self) -> str:
        return self.protocol.safety.holiday_country

    def at(self, on: date, hour: int, minute: int = 0) -> datetime:
        """A moment on the clock of the site."""
        return datetime.combine(on, time(hour, minute), ZoneInfo(self.site.time_zone))

    def take_outcome(self, arm: str) -> Outcome:
        """What happens to the next patient of this arm."""
        return next(self.outcomes[self.protocol.arm(arm).is_sham])

    @property
    def coordinator(self) -> User:
        return self.people[Role.COORDINATOR]

    @property
    def investigator(self) -> User:
        return self.people[Role.INVESTIGATOR]

    @property
    def assessor(self) -> User:
        return self.people[Role.ASSESSOR]

    @property
    def operator(self) -> User:
        return self.people[Role.OPERATOR]
