"""The analysis sets as the records give them now, without any arm, and as they were fixed. What was fixed stands in the trail and nowhere else."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from endpoints.derivations.analysis_sets import RULES, Candidate, Membership, derive_analysis_sets, derive_memberships
from endpoints.flow import DATA_WITHDRAWN, Participant
from endpoints.selectors.participants import get_participants
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.write import to_text
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Protocol
from visits.crfs.deviation.model import DeviationSeverity, DeviationState
from visits.models import Deviation
from visits.visit import Visit, VisitStatus

ACTION = "fix_analysis_sets"
KIND = "endpoints.analysissets"
DIGEST = "SHA-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSets:
    """The sets as they stand: who is in which, and why not, with the digest over sets, rules and protocol file."""

    memberships: tuple[Membership, ...]
    sets: Mapping[str, list[str]]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixing:
    """The sets as somebody fixed them. `is_current`: the records still give the same."""

    at: datetime
    by_name: str
    note: str
    sets: Mapping[str, list[str]]
    sha256: str
    is_current: bool


def get_analysis_sets(protocol: Protocol) -> AnalysisSets:
    """Three queries, whatever the number of patients."""
    memberships = get_memberships(protocol, get_participants(protocol))
    sets = derive_analysis_sets(memberships)
    told = to_text({"protocol": protocol.digest, "rules": RULES, "sets": sets})
    return AnalysisSets(memberships=memberships, sets=sets, sha256=hashlib.sha256(told.encode()).hexdigest())


def get_memberships(protocol: Protocol, participants: Iterable[Participant]) -> tuple[Membership, ...]:
    """Every drawn patient of a randomized phase with the sets, from the records alone: two queries."""
    label = protocol.visit(protocol.analysis.per_protocol_visit).label
    return derive_memberships(_get_candidates(protocol, participants), label)


def _get_candidates(protocol: Protocol, participants: Iterable[Participant]) -> list[Candidate]:
    key = protocol.analysis.per_protocol_visit
    came = set(Visit.objects.filter(planned_key=key, status=VisitStatus.ATTENDED).values_list("patient_id", flat=True))
    deviations = Deviation.objects.filter(severity=DeviationSeverity.MAJOR).exclude(state=DeviationState.WITHDRAWN)
    major = set(deviations.values_list("patient_id", flat=True))
    randomized = {phase.number for phase in protocol.phases if phase.is_randomized}
    return [
        Candidate(
            number=one.number,
            phase_number=one.phase_number,
            uses_data=one.withdrawal_scope != DATA_WITHDRAWN,
            is_treated=one.is_treated,
            has_major_deviation=one.patient_id in major,
            came=one.patient_id in came,
        )
        for one in participants
        if one.phase_number in randomized and one.has_entered
    ]


def list_fixings(protocol: Protocol) -> list[Fixing]:
    """Every fixing, the latest first."""
    now = get_analysis_sets(protocol).sha256
    events = list(AuditEvent.objects.filter(action=ACTION).order_by("-id"))
    told: dict[int, dict[str, object]] = {event.pk: {} for event in events}
    for entry in AuditEntry.objects.filter(event__in=told).order_by("id"):
        told[entry.event_id][entry.field] = json.loads(entry.new)
    return [_read(event, told[event.pk], now) for event in events]


def _read(event: AuditEvent, told: Mapping[str, object], now: str) -> Fixing:
    sets = {name: list(numbers) for name, numbers in told.items() if isinstance(numbers, list)}
    digest = str(told[DIGEST])
    return Fixing(
        at=event.at, by_name=event.actor_name, note=event.reason, sets=sets, sha256=digest, is_current=digest == now
    )


def analysis_sets_fixed() -> Fixing | None:
    """The latest fixing, if the records still give what it fixed; None otherwise. What opens the arms asks for it first."""
    latest = next(iter(list_fixings(get_protocol())), None)
    return latest if latest is not None and latest.is_current else None
