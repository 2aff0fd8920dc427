"""What the desk hands out to a person: the input of a report, with arms for the statistician alone."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import Http404

from endpoints.catalog import REPORTS, ReportKind
from endpoints.dummy_arms import RULE, deal_dummy_arms
from endpoints.flow import Participant
from endpoints.layout import RecordedFacts, ReportInput
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from trialsite.accounts.access import SignedInRequest
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol

REAL, DUMMY = "real", "dummy"
DUMMY_SENTENCE = f"Dummy arms ({RULE}): dealt out anew, so differences between arms mean nothing"


@dataclass(frozen=True, slots=True)
class Desk:
    """One report for one person."""

    user: User
    kind: ReportKind
    given: ReportInput
    query: str = ""
    """What links within the report carry on, with its question mark."""

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
        arms = "dummy-arms" if self.given.has_dummy_arms else "by-arm" if self.shows_arms else "pooled"
        return f"{self.given.protocol.key}-{self.kind.key}-{arms}"

    @property
    def standing(self) -> list[tuple[str, str]]:
        """What the files of the report say of its arms, beside their manifest."""
        return [("Arms", DUMMY_SENTENCE)] if self.given.has_dummy_arms else []


def open_desk(request: SignedInRequest, key: str, *, what: str) -> Desk:
    """The report with this address for this person; `what` goes to the trail where arms are read."""
    user = request.user
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
    if not user.may(Permission.VIEW_ARM_REPORTS):
        return Desk(user, kind, given)
    asked = request.GET.get("arms", "")
    query = f"?arms={asked}" if asked in (REAL, DUMMY) else ""
    return Desk(user, kind, _divide(user, kind, given, what, is_dummy=chooses_dummy(kind, asked)), query)


def chooses_dummy(kind: ReportKind, asked: str) -> bool:
    """Whether dummy arms stand for the real ones: as asked, else in production all but the report that watches over safety."""
    if asked in (REAL, DUMMY):
        return asked == DUMMY
    return settings.IS_PRODUCTION and kind.key != "safety"


def _divide(user: User, kind: ReportKind, given: ReportInput, what: str, *, is_dummy: bool) -> ReportInput:
    if not kind.is_divided:
        return given
    purpose = f"Report {kind.key}, {what}" + (", shown with dummy arms" if is_dummy else "")
    arms = get_arms(user, given.protocol, given.participants, purpose)
    if is_dummy:
        arms = deal_dummy_arms(arms, given.participants, given.protocol)
    return replace(given, arms=arms, has_dummy_arms=is_dummy)


def treats_or_rates(user: User) -> bool:
    """Whether the person could, knowing how the veins of a patient look now, treat or rate them differently."""
    return user.may(Permission.ENTER_DATA) or user.may(Permission.ENTER_ASSESSMENTS)
