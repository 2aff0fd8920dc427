"""How a list stands, for the statistician: counts and alarms, never an arm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from enrollment.models import Patient
from enrollment.strata import name_stratum
from enrollment.vault.lists import about_list, get_sealed_list, read_parameters, verify_against_itself
from enrollment.vault.models import AllocationList
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.schemes import METHOD_LABELS, Scheme
from enrollment.vault.slots import NOT_TOLD, explain
from trialsite.accounts.actor import Actor
from trialsite.audit.entries import with_words
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Phase
from trialsite.records.actions import log_event

ALARMS_SHOWN = 20
ALARM_STAYS = timedelta(days=14)
REFUSALS = {"refuse_draw": "Draw", "refuse_reveal": "Worklist"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How far a stratum is used."""

    stratum: str
    total: int
    used: int
    void: int = 0

    @property
    def remaining(self) -> int:
        return self.total - self.used - self.void

    @property
    def is_low(self) -> bool:
        """A fifth or less of the slots is left."""
        return self.remaining * 5 <= self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A draw, or a look at an arm, that the vault refused."""

    at: datetime
    act: str
    patient_number: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """The list of one phase: none yet, generated, or sealed."""

    phase: Phase
    newest: AllocationList | None
    is_sealed: bool
    stock: Sequence[Stock] = ()

    @property
    def low_stock(self) -> list[Stock]:
        return [stock for stock in self.stock if stock.is_low] if self.is_sealed else []


def get_list_state(phase: Phase) -> ListState:
    found = get_newest_list(phase.number)
    return ListState(
        phase=phase,
        newest=found,
        is_sealed=found is not None and hasattr(found, "seal"),
        stock=get_stock(found) if found else (),
    )


def get_newest_list(phase_number: int) -> AllocationList | None:
    """The sealed list of a phase, or the last one generated."""
    lists = AllocationList.objects.filter(phase_number=phase_number).select_related("seal")
    return lists.filter(seal__isnull=False).first() or lists.last()


def find_scheme(found: AllocationList) -> Scheme | None:
    """How the order of a list was made; None when it is not known here, or cannot be read now."""
    try:
        made_by = read_parameters(found)
    except VaultRefusedError:
        return None
    if made_by["method"] not in METHOD_LABELS:
        return None
    return Scheme(
        method=made_by["method"],
        ratio=made_by["ratio"],
        block_sizes=tuple(made_by["block sizes allowed"]),
        imbalance_limit=made_by["imbalance limit"],
    )


def get_stock(found: AllocationList) -> list[Stock]:
    counted = found.strata.annotate(
        total=Count("slots"), used=Count("slots__draw"), void=Count("slots__void")
    ).order_by("key")
    return [Stock(stratum=row.key, total=row.total, used=row.used, void=row.void) for row in counted]


def get_alarms() -> list[Alarm]:
    """What the vault refused lately, with the reason nobody else was told."""
    recent = AuditEvent.objects.filter(action__in=REFUSALS, is_restricted=True, at__gte=clock.now() - ALARM_STAYS)
    events = with_words(recent.order_by("-id")[:ALARMS_SHOWN])
    patients = Patient.objects.in_bulk([event.patient_id for event in events])
    return [
        Alarm(
            at=event.at,
            act=REFUSALS[event.action],
            patient_number=patients[event.patient_id].number,
            detail=_explain(event.detail, patients[event.patient_id]),
        )
        for event in events
    ]


def _explain(detail: str, patient: Patient) -> str:
    """The reason of a refusal; where the drawing process could not see it, what keeps the vault shut now."""
    if detail != NOT_TOLD:
        return detail
    allocation = get_protocol().phase(patient.phase_number).allocation
    stratum = name_stratum(allocation, patient.site_code) if allocation else ""
    return explain(patient.phase_number, stratum) or "Not known any more: a slot can be given now."


def verify_list(found: AllocationList, *, is_sealed: bool, actor: Actor) -> str:
    """Open every slot and compare with the commitment; "" when all is well, else what is wrong. The look is kept in the trail."""
    try:
        if is_sealed:
            get_sealed_list(found.phase_number)
        else:
            verify_against_itself(found)
    except VaultRefusedError as refused:
        problem = str(refused)
    else:
        problem = ""
    log_event("verify_list", actor=actor, subject=about_list(found.id), detail=problem or "The list is unaltered.")
    return problem
