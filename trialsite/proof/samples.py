"""What the arguments of an address may be: things of the trial, things that only unblinded people know, and things that never were.

An argument of a new address that nobody told here how to fill is an error: the address would not be covered.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice, zip_longest
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from endpoints.catalog import REPORTS
from enrollment.models import Patient
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.jobs.models import Job
from trialsite.management.addresses import Address
from trialsite.marks.models import Lock
from trialsite.protocol.current import get_protocol
from trialsite.queries.models import DataQuery
from visits.crfs.registry import CRFS
from visits.visit import Visit

NEVER = uuid.UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
Arguments = dict[str, Any]


class UncoveredAddressError(Exception):
    """An address has an argument for which there is no sample; add one to trialsite/proof/samples.py."""


def make_samples(address: Address, most: int) -> list[str]:
    """Addresses with real, hidden and invented arguments: at most `most` real ones."""
    if not address.arguments:
        return [reverse(address.name)]
    made = [*islice(_real(address), most), *_hidden(address), _fill(address, {})]
    return list(dict.fromkeys(_reverse(address, given) for given in made))


def _reverse(address: Address, given: Arguments) -> str:
    try:
        return reverse(address.name, kwargs=given)
    except NoReverseMatch as error:
        raise UncoveredAddressError(f"{address.pattern} takes none of {given}") from error


def _fill(address: Address, known: Arguments) -> Arguments:
    """The arguments of an address: what is known, and else what never was."""
    return {name: known[name] if name in known else _invented(name, address) for name in address.arguments}


def _invented(name: str, address: Address) -> Any:
    if name.endswith("_id"):
        return NEVER
    if name not in _WORDS:
        raise UncoveredAddressError(f"{address.pattern}: there is no sample for {name}")
    return _WORDS[name]


_WORDS: Arguments = {
    "key": "vital_signs",
    "field": "notes",
    "phase_number": 2,
    "step": "remove",
    "figure_key": "phase-2",
    "table_key": "phase-2",
    "file_key": "list-2",
    "uidb64": "x",
    "token": "x",
}


def _real(address: Address) -> Iterator[Arguments]:
    """Spread over the trial, so that few tell of many."""
    arguments = address.arguments
    if "record_id" in arguments:
        yield from (_fill(address, given) for given in _forms(is_restricted=False))
    elif "visit_id" in arguments:
        yield from (_fill(address, given) for given in _visits())
    elif address.name.startswith("report"):
        yield from (_fill(address, {"key": key}) for key in REPORTS)
    else:
        for name in sorted(arguments & _POOLS.keys()):
            keys = _POOLS[name]()
            yield from (_fill(address, {name: key}) for key in (keys if name == "patient_id" else _spread(keys)))


def _hidden(address: Address) -> Iterator[Arguments]:
    """What exists, and must answer as if it did not."""
    arguments = address.arguments
    if "record_id" in arguments:
        yield from (_fill(address, given) for given in islice(_forms(is_restricted=True), 2))
    elif arguments >= {"visit_id", "key"}:
        yield from (_fill(address, given) for given in islice(_restricted_visits(), 2))
    else:
        for name in sorted(arguments & _HIDDEN_POOLS.keys()):
            yield from (_fill(address, {name: key}) for key in _spread(_HIDDEN_POOLS[name]())[:2])


def _patients() -> list[Any]:
    """One of each state, then a second of each: first of those who were drawn, for of them there is an arm to tell. In each state by digest."""
    states: dict[tuple[bool, str], list[Any]] = {}
    for key, status, code in Patient.objects.values_list("pk", "status", "randomization_code"):
        states.setdefault((not code, status), []).append(key)
    pools = [sorted(keys, key=_digest) for _, keys in sorted(states.items())]
    return [key for some in zip_longest(*pools) for key in some if key is not None]


def _digest(key: Any) -> str:
    return sha256(str(key).encode()).hexdigest()


def _drawn_first(rows: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Rows with their patients: those of drawn patients stand first."""
    drawn = set(Patient.objects.exclude(randomization_code="").values_list("pk", flat=True))
    return sorted(rows, key=lambda row: (row[1] not in drawn, _digest(row[0])))


def _with_patient(model: Any) -> Iterable[tuple[Any, Any]]:
    rows: Iterable[tuple[Any, Any]] = model._default_manager.values_list("pk", "patient_id")
    return rows


def _forms(*, is_restricted: bool) -> Iterator[Arguments]:
    """One of each form, then a second of each."""
    pools = {
        key: _spread(_drawn_first(_with_patient(definition.model)))
        for key, definition in CRFS.items()
        if definition.is_restricted == is_restricted
    }
    for n in range(max(map(len, pools.values()), default=0)):
        for key, rows in pools.items():
            if n < len(rows):
                record_id, patient_id = rows[n]
                yield {"key": key, "record_id": record_id, "patient_id": patient_id, "field": "status"}


def _restricted_visits() -> Iterator[Arguments]:
    """Visits with a form that only unblinded people read, and its key."""
    for key, definition in CRFS.items():
        if definition.is_restricted:
            rows = definition.model._default_manager.order_by("pk").values_list("visit_id", flat=True)
            yield from ({"visit_id": visit_id, "key": key} for visit_id in _spread(rows))


def _visits() -> Iterator[Arguments]:
    """Visits, each with another form of the trial."""
    keys = [key for key, definition in CRFS.items() if definition.kind == "visit" and not definition.is_restricted]
    rows = _spread(_drawn_first(Visit.objects.values_list("pk", "patient_id")))
    for n, (visit_id, patient_id) in enumerate(rows):
        yield {"visit_id": visit_id, "patient_id": patient_id, "key": keys[n % len(keys)]}


def _spread(rows: Iterable[Any]) -> list[Any]:
    """First, middle and last, then the rest."""
    found = list(rows)
    if len(found) < 3:
        return found
    ends = [found[0], found[len(found) // 2], found[-1]]
    return ends + [one for one in found if one not in ends]


def _keys_of(label: str) -> Callable[[], Sequence[Any]]:
    return lambda: list(apps.get_model(label)._base_manager.order_by("pk").values_list("pk", flat=True))


_POOLS: dict[str, Callable[[], Sequence[Any]]] = {
    "patient_id": _patients,
    "user_id": lambda: list(User.objects.order_by("username").values_list("pk", flat=True)),
    "query_id": lambda: list(DataQuery.objects.filter(is_restricted=False).order_by("pk").values_list("pk", flat=True)),
    "event_id": lambda: list(
        AuditEvent.objects.filter(is_restricted=False).order_by("-pk").values_list("public_id", flat=True)[:50]
    ),
    "job_id": lambda: list(Job.objects.order_by("pk").values_list("pk", flat=True)),
    "lock_id": lambda: list(Lock.objects.order_by("pk").values_list("pk", flat=True)),
    "review_id": _keys_of("accounts.AccessReview"),
    "key": lambda: list(CRFS),
    "phase_number": lambda: [phase.number for phase in get_protocol().phases],
}
_HIDDEN_POOLS: dict[str, Callable[[], Sequence[Any]]] = {
    "query_id": lambda: list(DataQuery.objects.filter(is_restricted=True).order_by("pk").values_list("pk", flat=True)),
    "event_id": lambda: list(
        AuditEvent.objects.filter(is_restricted=True).order_by("-pk").values_list("public_id", flat=True)[:50]
    ),
    "break_id": _keys_of("vault.CodeBreak"),
    "snapshot_id": _keys_of("vault.DataSnapshot"),
}
