"""What the desk hands out to a person: the input of a report, with arms for the statistician alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404

from endpoints.catalog import ReportKind, find_kind
from endpoints.dummy_arms import RULE, deal_dummy_arms
from endpoints.engine import start_engine
from endpoints.exports.manifest import list_manifest
from endpoints.flow import Participant, PhaseFlow
from endpoints.kept import Computed, recall
from endpoints.layout import Behind, Listing, RecordedFacts, Report, ReportInput, Table
from endpoints.models import Release
from endpoints.populations import FULL, POPULATIONS, restrict
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.populations import get_sets
from endpoints.selectors.records import get_recorded_facts
from endpoints.selectors.release import get_release
from endpoints.selectors.snapshots import OpenedSnapshot, get_snapshot
from endpoints.views.stamp import say_released
from trialsite.accounts.access import SignedInRequest
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol

Made = TypeVar("Made")
REAL, DUMMY = "real", "dummy"
SAFETY = "safety"
WATCHES = frozenset({SAFETY, "conduct"})
"""What the statistician watches by arm while the trial runs; no report among them tells how well an arm does."""
COMPARES_SETS = "sensitivity"
DUMMY_SENTENCE = f"Dummy arms ({RULE}): dealt out anew, so differences between arms mean nothing"


@dataclass(frozen=True, slots=True)
class Desk:
    """One report for one person."""

    user: User
    kind: ReportKind
    given: ReportInput
    query: str = ""
    """What links within the report carry on, with its question mark."""
    snapshot: OpenedSnapshot | None = None
    asked: str = ""
    """Which arms were asked for: real, dummy, or neither."""

    @property
    def shows_arms(self) -> bool:
        return self.given.arms is not None

    @property
    def is_listed(self) -> bool:
        """Whether the person may see the values of single patients."""
        if self.kind.lists_by_arm_only and not self.shows_arms:
            return False
        return self.kind.has_listing and not (self.kind.shows_vhiss and self.given.hides_late_vhiss)

    @property
    def leads_to_records(self) -> bool:
        """Whether numbers lead to the patients they count, here or, where it lists none, in another report."""
        return self.is_listed or not self.kind.has_listing

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
        frozen = f"snapshot-{self.snapshot.serial}-" if self.snapshot else ""
        cut = f"{self.given.population}-" if self.given.population != FULL else ""
        return f"{self.given.protocol.key}-{frozen}{self.kind.key}-{cut}{arms}"

    def build(self) -> Report:
        return self._recall("report", lambda: start_engine().build_report(self.kind, self.given))

    def draw(self, figure_key: str) -> bytes | None:
        return self._recall(
            f"figure {figure_key}", lambda: start_engine().draw_figure(self.kind, figure_key, self.given)
        )

    def list_rows(self) -> Table | None:
        return self._recall("rows", lambda: start_engine().list_rows(self.kind, self.given))

    def list_patients(self, asked: tuple[Behind, str] | None = None) -> Listing:
        """The values per patient, of the person's own sites; `asked` for the number of a table that they are behind.

        Raises `Http404` for a number that the report does not have.
        """
        numbers = [one.number for one in self.visible]
        what = " ".join(["patients", repr(asked or ""), *numbers])
        found = self._recall(what, lambda: start_engine().list_patients(self.kind, self.given, numbers, asked))
        if found is None:
            raise Http404
        return found

    def compute_flows(self) -> list[PhaseFlow]:
        return self._recall("flows", lambda: start_engine().compute_flows(self.given))

    def _recall(self, what: str, make: Callable[[], Made]) -> Made:
        """Computed once for a snapshot, and each time for the trial as it goes on."""
        if self.snapshot is None:
            return make()
        given = self.given
        one = Computed(self.snapshot.sha256, self.kind.key, what, given.has_dummy_arms, given.population)
        return recall(one, make)

    def list_manifest(self, moment: datetime) -> list[tuple[str, str]]:
        """What the page and the files say of themselves; of a snapshot always the same."""
        if self.snapshot is not None:
            return self.snapshot.manifest
        return list_manifest(self.given.protocol, self.user, moment)

    @property
    def standing(self) -> list[tuple[str, str]]:
        """What the files of the report say of its arms and its set, beside their manifest."""
        return [*self._say_arms(), *self._say_set()]

    @property
    def release(self) -> Release | None:
        """The release that opened the arms shown here; safety has them without one."""
        shows_real = self.shows_arms and not self.given.has_dummy_arms
        return get_release() if shows_real and self.kind.key not in WATCHES else None

    def _say_arms(self) -> list[tuple[str, str]]:
        if self.given.has_dummy_arms:
            return [("Arms", DUMMY_SENTENCE)]
        release = self.release
        return [("Arms", say_released(release))] if release else []

    def _say_set(self) -> list[tuple[str, str]]:
        one = POPULATIONS[self.given.population]
        return [] if one.key == FULL else [("Analysis set", f"{one.label}: {one.rule}")]


def open_desk(request: SignedInRequest, key: str, *, what: str) -> Desk:
    """The report with this address for this person; `what` goes to the trail where arms are read.

    Raises `Http404` for an analysis set that there is not, or not for this person, and for two sets.
    """
    user = request.user
    by_arm = user.may(Permission.VIEW_ARM_REPORTS)
    kind = find_kind(key, by_arm=by_arm)
    if kind is None:
        raise Http404
    population = request.GET.get("set", "")
    if len(request.GET.getlist("set")) > 1:
        raise Http404
    if not by_arm:
        if population:
            raise Http404
        return Desk(user, kind, _read_input(user, kind))
    if population and population not in POPULATIONS:
        raise Http404
    wanted = Wanted(what, request.GET.get("snapshot", ""), request.GET.get("arms", ""), population)
    return _open_snapshot(user, kind, wanted) if wanted.snapshot_id else _open_trial(user, kind, wanted)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the statistician asks for, as it stands in the address. `what` is a page or a file of a report."""

    what: str
    snapshot_id: str
    arms: str
    population: str

    @property
    def query(self) -> str:
        return make_query(self.arms, self.snapshot_id, self.population)

    def cut_to(self, kind: ReportKind) -> str:
        """The key of the set on which the report is computed."""
        return (self.population or FULL) if kind.has_sets else FULL

    def tell(self, kind: ReportKind, *, is_dummy: bool) -> str:
        """What the restricted trail says of it."""
        cut = f", {self.population}" if self.cut_to(kind) != FULL else ""
        return f"Report {kind.key}, {self.what}{cut}" + (", shown with dummy arms" if is_dummy else "")


def _read_input(user: User, kind: ReportKind) -> ReportInput:
    protocol = get_protocol()
    participants = get_participants(protocol)
    recorded = get_recorded_facts(participants, kind.forms, protocol) if kind.forms else RecordedFacts()
    return ReportInput(
        protocol=protocol, participants=participants, recorded=recorded, hides_late_vhiss=treats_or_rates(user)
    )


def _open_trial(user: User, kind: ReportKind, wanted: Wanted) -> Desk:
    given = _read_input(user, kind)
    if not kind.is_divided:
        return Desk(user, kind, given, wanted.query, asked=wanted.arms)
    is_dummy = chooses_dummy(kind, wanted.arms)
    arms = get_arms(user, given.protocol, given.participants, wanted.tell(kind, is_dummy=is_dummy))
    needs_sets = wanted.cut_to(kind) != FULL or kind.key == COMPARES_SETS
    sets = get_sets(user, given.protocol, given.participants) if needs_sets else None
    given = choose_arms(kind, replace(given, arms=arms, sets=sets), is_dummy=is_dummy)
    return Desk(user, kind, restrict(given, wanted.cut_to(kind)), wanted.query, asked=wanted.arms)


def _open_snapshot(user: User, kind: ReportKind, wanted: Wanted) -> Desk:
    is_dummy = kind.is_divided and chooses_dummy(kind, wanted.arms)
    snapshot = load_snapshot(user, wanted.snapshot_id, wanted.tell(kind, is_dummy=is_dummy))
    given = choose_arms(kind, snapshot.trial.input_of(kind.key), is_dummy=is_dummy)
    if wanted.cut_to(kind) != FULL and given.sets is None:
        raise Http404
    return Desk(user, kind, restrict(given, wanted.cut_to(kind)), wanted.query, snapshot, wanted.arms)


def load_snapshot(user: User, snapshot_id: str, purpose: str) -> OpenedSnapshot:
    """The snapshot with this id; an unknown one does not exist."""
    try:
        wanted = UUID(snapshot_id)
    except ValueError:
        raise Http404 from None
    snapshot = get_snapshot(wanted, user=user, purpose=purpose)
    if snapshot is None:
        raise Http404
    return snapshot


def choose_arms(kind: ReportKind, given: ReportInput, *, is_dummy: bool) -> ReportInput:
    """The input with its own arms, with dummy arms, or without any where the report is not divided."""
    if given.arms is None or not kind.is_divided:
        return replace(given, arms=None, sets=None)
    return deal_input(given) if is_dummy else given


def deal_input(given: ReportInput) -> ReportInput:
    """The input with dummy arms in place of its own."""
    arms = deal_dummy_arms(given.arms or {}, given.participants, given.protocol)
    sets = replace(given.sets, done={}) if given.sets else None
    return replace(given, arms=arms, has_dummy_arms=True, sets=sets)


def make_query(asked: str, snapshot_id: str = "", population: str = "") -> str:
    """What links carry on of what was asked for."""
    parts = {
        "snapshot": snapshot_id,
        "arms": asked if asked in (REAL, DUMMY) else "",
        "set": population if population != FULL else "",
    }
    told = urlencode({name: value for name, value in parts.items() if value})
    return f"?{told}" if told else ""


def chooses_dummy(kind: ReportKind, asked: str) -> bool:
    """Whether dummy arms stand for the real ones: as asked, and in production before the release whatever was asked."""
    return asked == DUMMY or not may_show_real(kind.key)


def may_show_real(key: str) -> bool:
    """Whether real arms may be shown: after the release; in the reports that watch over safety and conduct before it too; in a demo always."""
    return not settings.IS_PRODUCTION or key in WATCHES or get_release() is not None


def treats_or_rates(user: User) -> bool:
    """Whether the person could, knowing how the veins of a patient look now, treat or rate them differently."""
    return user.may(Permission.ENTER_DATA) or user.may(Permission.ENTER_ASSESSMENTS)
