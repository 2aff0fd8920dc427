"""What the desk hands out to a person: the input of a report, with arms for the statistician alone."""

from dataclasses import dataclass, replace

from django.http import Http404

from endpoints.catalog import REPORTS, ReportKind
from endpoints.flow import Participant
from endpoints.layout import RecordedFacts, ReportInput
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol


@dataclass(frozen=True, slots=True)
class Desk:
    """One report for one person."""

    user: User
    kind: ReportKind
    given: ReportInput

    @property
    def shows_arms(self) -> bool:
        return self.given.arms is not None

    @property
    def is_listed(self) -> bool:
        """Whether the person may see the values of single patients."""
        return self.kind.has_listing and not (self.kind.shows_vhiss and self.given.hides_late_vhiss)

    @property
    def has_row_file(self) -> bool:
        """Whether there are statistic rows to download; what is withheld on the page would stand in them."""
        return bool(self.kind.forms) and not (self.kind.shows_vhiss and self.given.hides_late_vhiss)

    @property
    def visible(self) -> list[Participant]:
        """The patients of the person's own sites."""
        return [one for one in self.given.participants if self.user.may_see_site(one.site_code)]

    @property
    def file_stem(self) -> str:
        """The beginning of a file's name; it says whether arms are inside, never which."""
        return f"{self.given.protocol.key}-{self.kind.key}-{'by-arm' if self.shows_arms else 'pooled'}"


def open_desk(user: User, key: str, *, what: str) -> Desk:
    """The report with this address for this person; `what` goes to the trail where arms are read."""
    kind = REPORTS.get(key)
    if kind is None:
        raise Http404
    protocol = get_protocol()
    participants = get_participants(protocol)
    recorded = get_recorded_facts(participants, kind.forms, protocol) if kind.forms else RecordedFacts()
    given = ReportInput(
        protocol=protocol,
        participants=participants,
        recorded=recorded,
        hides_late_vhiss=treats_or_rates(user),
    )
    if kind.is_divided and user.may(Permission.VIEW_ARM_REPORTS):
        arms = get_arms(user, protocol, participants, purpose=f"Report {kind.key}, {what}")
        given = replace(given, arms=arms)
    return Desk(user, kind, given)


def treats_or_rates(user: User) -> bool:
    """Whether the person could, knowing how the veins of a patient look now, treat or rate them differently."""
    return user.may(Permission.ENTER_DATA) or user.may(Permission.ENTER_ASSESSMENTS)
