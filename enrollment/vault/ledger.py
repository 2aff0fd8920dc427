"""The who-knows-what ledger: from the events that each telling left, and from the order of the list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from enrollment.exposure import Knowledge, Way, keep_first
from enrollment.models import Patient
from enrollment.vault.deduction import deduce
from enrollment.vault.lists import open_slot
from enrollment.vault.models import AllocationList, Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.schemes import Scheme
from enrollment.vault.state import find_scheme
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.entries import with_words
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject, write_event
from trialsite.protocol.model import Protocol

_OF_ONE = {"reveal_arm": Way.WORKLIST, "check_against_arm": Way.CHECK, "break_code": Way.CODE_BREAK}
_OF_ALL = ("read_arms", "read_snapshot", "read_list")
_NOT_SHOWN = ("shown with dummy arms", "Snapshot:")  # what an event of reading says when no true arm was on the page


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """One drawn patient at a place of a stratum."""

    patient_id: UUID
    at: datetime
    place: int
    arm: str


def read_ledger(protocol: Protocol, *, user: User) -> list[Knowledge]:
    """Everything that is known of who knows an arm, the earliest first; an event in the restricted trail, since what follows depends on arms."""
    if not user.may(Permission.MANAGE_ALLOCATION_LIST) or user.role_set != {Role.STATISTICIAN}:
        raise VaultRefusedError("The ledger of who knows what is the statistician's.")
    with open_gate():
        told = [*_list_told()]
        known = [*told, *_list_deduced(told), *_list_reported(), *_list_open(protocol)]
        subject = Subject(record_kind="vault.draw", is_restricted=True)
        write_event("read_ledger", actor=actor_of(user), subject=subject)
    return keep_first(known)


def _list_told() -> Iterator[Knowledge]:
    """What was told of single patients: on the worklist, by a check, by a code break, by writing the operator's form."""
    restricted = AuditEvent.objects.filter(is_restricted=True, patient_id__isnull=False)
    for event in restricted.filter(action__in=_OF_ONE).order_by("id"):
        yield _known(event, event.patient_id, _OF_ONE[event.action])
    for event in restricted.filter(revision__isnull=False, record_kind__startswith="visits.").order_by("id"):
        yield _known(event, event.patient_id, Way.FORM)


def _list_reported() -> Iterator[Knowledge]:
    """Who read all arms: for each patient the first reading after the draw."""
    draws = list(Draw.objects.order_by("appended_at").values_list("patient_id", "appended_at"))
    waiting: dict[str, int] = defaultdict(int)
    for event in with_words(AuditEvent.objects.filter(action__in=_OF_ALL, is_restricted=True).order_by("at", "id")):
        if any(words in event.detail for words in _NOT_SHOWN):
            continue
        at = waiting[event.actor_username]
        while at < len(draws) and draws[at][1] <= event.at:
            yield _known(event, draws[at][0], Way.REPORTS)
            at += 1
        waiting[event.actor_username] = at


def _list_open(protocol: Protocol) -> Iterator[Knowledge]:
    open_phases = [phase.number for phase in protocol.phases if not phase.is_randomized]
    patients = Patient.objects.filter(phase_number__in=open_phases, entered_on__isnull=False)
    for patient_id, registered_at in patients.values_list("pk", "recorded_at"):
        yield Knowledge(
            username="", name="Everybody", roles="", patient_id=patient_id, since=registered_at, way=Way.OPEN
        )


def _known(event: AuditEvent, patient_id: UUID | None, way: Way) -> Knowledge:
    if patient_id is None:
        raise ValueError("an event about a patient names one")
    return Knowledge(
        username=event.actor_username,
        name=event.actor_name,
        roles=event.actor_roles,
        patient_id=patient_id,
        since=event.at,
        way=way,
    )


def _list_deduced(told: Iterable[Knowledge]) -> Iterator[Knowledge]:
    """What each person could work out from the arms told of single patients."""
    by_person: dict[str, dict[UUID, Knowledge]] = defaultdict(dict)
    for one in keep_first(told):
        by_person[one.username].setdefault(one.patient_id, one)
    for scheme, length, stratum in _list_strata():
        for knowledge in by_person.values():
            yield from _deduce_in(scheme, length, stratum, knowledge)


def _list_strata() -> Iterator[tuple[Scheme, int, list[_Drawn]]]:
    """Every stratum of a sealed list whose scheme is known: of an uploaded list nothing follows for certain."""
    for found in AllocationList.objects.filter(seal__isnull=False):
        scheme = find_scheme(found)
        if scheme is None or scheme.method == "simple":
            continue
        for stratum in found.strata.all():
            draws = (
                Draw.objects.filter(slot__stratum=stratum).select_related("slot__stratum").order_by("slot__position")
            )
            taken = [
                _Drawn(
                    patient_id=draw.patient_id,
                    at=draw.appended_at,
                    place=draw.slot.position,
                    arm=open_slot(found.id, draw.slot).arm,
                )
                for draw in draws
            ]
            yield scheme, stratum.slots.count(), taken


def _deduce_in(
    scheme: Scheme, length: int, stratum: list[_Drawn], knowledge: Mapping[UUID, Knowledge]
) -> Iterator[Knowledge]:
    told = sorted(
        (one for one in stratum if one.patient_id in knowledge), key=lambda one: knowledge[one.patient_id].since
    )
    tried: dict[int, frozenset[int]] = {0: frozenset()}

    def after(number: int) -> frozenset[int]:
        """The places that follow from the first arms told, so many of them."""
        if number not in tried:
            tried[number] = frozenset(deduce(scheme, length, {one.place: one.arm for one in told[:number]}))
        return tried[number]

    for one in stratum:
        if told and one.patient_id not in knowledge and one.place in after(len(told)):
            least = _least(after, one.place, len(told))
            cause = knowledge[told[least - 1].patient_id]
            yield Knowledge(
                username=cause.username,
                name=cause.name,
                roles=cause.roles,
                patient_id=one.patient_id,
                since=max(cause.since, one.at),
                way=Way.DEDUCED,
            )


def _least(after: Callable[[int], frozenset[int]], place: int, most: int) -> int:
    """From how many arms on the place follows, as it does from `most` and from every number above the smallest."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if place in after(middle) else (middle + 1, high)
    return low
