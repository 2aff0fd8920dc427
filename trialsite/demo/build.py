"""Building the synthetic trial: everybody who took part, in the order of time, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from heapq import heapify, heappop, heappush

from django.db import transaction

from enrollment.vault.demo import seal_demo_list
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.demo.course import Course, Moments
from trialsite.demo.days import working_day_from
from trialsite.demo.people import OPENED_AT, People, open_accounts, train_people
from trialsite.demo.plan import Candidate, current_candidates, finished_candidates
from trialsite.demo.questions import ask_questions
from trialsite.demo.stage import Stage
from trialsite.lib import clock
from trialsite.lib.clock import held_at
from trialsite.protocol.model import Protocol
from trialsite.records.actions import log_event

BUILT = "build_demo"
SEALED_AT = datetime(2010, 12, 6, 15, tzinfo=UTC)  # before the first patient of the randomized phase
SPARE_SLOTS = 20  # for whoever goes on with the demo

_VISITS_UNTIL = {"consent": 0, "screening": 1, "ready": 2, "entered": 2, "drafts": 4, "hour_24": 4, "month_1": 5}


def is_built() -> bool:
    """Whether this database holds a demo trial, whole: it is built in one transaction, and this is the last thing in it."""
    return AuditEvent.objects.filter(action=BUILT).exists()


def plan_trial(today: date, protocol: Protocol) -> list[Candidate]:
    """Everybody of the plan."""
    return [*finished_candidates(), *current_candidates(today, protocol.safety.holiday_country)]


def count_visits(candidates: Iterable[Candidate]) -> int:
    """About how many visits the candidates make, for the progress bar."""
    return sum(1 if one.fails else _VISITS_UNTIL.get(one.stops_after, 7) for one in candidates)


def build_trial(
    candidates: Sequence[Candidate], protocol: Protocol, on_visit: Callable[[], None] = lambda: None
) -> None:
    """Let everybody live their part of the trial up to the present moment. All of it is stored, or nothing."""
    now = clock.now()
    with transaction.atomic():
        with held_at(OPENED_AT):
            people = open_accounts(protocol)
        stage = Stage(protocol=protocol, people=people, on_visit=on_visit)
        courses = [Course(_on_working_day(one, protocol), n, stage).live() for n, one in enumerate(candidates)]
        _play([train_people(protocol, now), _seal_lists(protocol, people), *courses, ask_questions(people, now)], now)
        log_event(BUILT, actor=SYSTEM, detail=f"Synthetic trial with {len(candidates)} patients.")


def _on_working_day(candidate: Candidate, protocol: Protocol) -> Candidate:
    """With a consent on a day on which the site works."""
    consented_on = working_day_from(candidate.consented_on, protocol.safety.holiday_country)
    return replace(candidate, consented_on=consented_on)


def _seal_lists(protocol: Protocol, people: People) -> Moments:
    """The statistician's part: a list per randomized phase, sealed before its first patient comes. Nobody reads an arm."""
    for phase in protocol.phases:
        if phase.is_randomized:
            yield SEALED_AT
            seal_demo_list(
                phase,
                protocol,
                slots=phase.planned_n + SPARE_SLOTS,
                even_after=phase.planned_n,
                actor=actor_of(people[Role.STATISTICIAN]),
            )


def _play(courses: Sequence[Moments], until: datetime) -> None:
    """Run all courses side by side, always the one whose turn comes first; what lies after `until` has not happened yet."""
    start = OPENED_AT.astimezone(UTC)
    queue = [(start, n) for n in range(len(courses))]
    heapify(queue)
    while queue:
        moment, n = heappop(queue)
        if moment > until:
            continue
        with held_at(moment):
            following = next(courses[n], None)
        if following is not None:
            heappush(queue, (max(moment, following.astimezone(UTC)), n))
