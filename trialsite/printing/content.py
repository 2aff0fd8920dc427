"""What stands in the casebook of one patient at a moment, for one person: read once, before anything is set.

The present is read from the tables, an earlier moment from the audit trail. Either way the result depends on nothing but what is stored: the moment
shown is that of the last change, not that of printing, and the clock stands still at it. So the same state prints the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, cast
from uuid import UUID

from enrollment.models import Patient
from enrollment.selectors.patients import find_patient
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.marks.past import get_past_marks, get_signatures_at
from trialsite.marks.selectors import Marks, get_marks
from trialsite.protocol.model import Protocol
from trialsite.queries.models import DataQuery, QueryMessage
from trialsite.queries.rules import Act
from trialsite.queries.selectors import get_messages
from trialsite.records.crf import CrfDefinition
from trialsite.signatures.models import Signature, SignatureEnd
from trialsite.trail.past import WholePast
from trialsite.trail.selectors import visible_events
from visits.crfs.registry import CRFS
from visits.reach import StoredForm, read_forms
from visits.selectors import get_visits
from visits.threads import scope_of
from visits.views.loaders import make_casebook_reach
from visits.visit import Visit

# Acts about a patient that change nothing about the patient: a second print of the same state must not differ from the first.
READING = (
    "print",
    "read_outflow",
    "export_trail",
    "export_listing",
    "refused_access",
    "reveal_arm",
    "refuse_reveal",
    "read_arms",
    "break_code",
    "assess_code_break",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to print: whose casebook, as of which moment (None: as it stands), and with which parts."""

    patient_id: UUID
    as_of: datetime | None = None
    with_audit: bool = False
    with_queries: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`moment` is that of the last change, or the one asked for. `ends` are the signatures that were void at it."""

    patient: Patient
    moment: datetime
    is_past: bool
    definitions: Sequence[CrfDefinition]
    visits: Sequence[Visit]
    forms: Sequence[StoredForm]
    marks: Marks
    signatures: Sequence[tuple[Signature, SignatureEnd | None]]
    queries: Sequence[tuple[DataQuery, Sequence[QueryMessage]]]
    events: Sequence[AuditEvent]

    @contextmanager
    def still(self) -> Iterator[None]:
        """The clock stands at the moment of the content."""
        with clock.held_at(self.moment):
            yield


def read_content(user: User, wanted: Wanted, protocol: Protocol) -> Content | None:
    """None where the person may not know of the patient, or nothing was stored at that moment."""
    patient = find_patient(user, wanted.patient_id)
    if patient is None:
        return None
    if wanted.as_of is not None:
        return _read_past(user, wanted, wanted.as_of)
    moment = _find_last_change(user, patient.pk)
    if moment is None:
        return None
    definitions = _readable(user)
    reach = make_casebook_reach(patient)
    forms = chain.from_iterable(read_forms(reach, definition) for definition in definitions)
    return Content(
        patient=patient,
        moment=moment,
        is_past=False,
        definitions=definitions,
        visits=get_visits(patient),
        forms=list(forms),
        marks=get_marks([patient.pk]),
        **_read_around(user, wanted, moment),
    )


def _read_past(user: User, wanted: Wanted, moment: datetime) -> Content | None:
    past, definitions = WholePast(user, wanted.patient_id, moment), _readable(user)
    patient = past.patient()
    if patient is None:
        return None
    return Content(
        patient=patient,
        moment=moment,
        is_past=True,
        definitions=definitions,
        visits=past.visits(),
        forms=past.forms(definitions),
        marks=get_past_marks(patient.pk, moment).marks,
        **_read_around(user, wanted, moment),
    )


def _readable(user: User) -> list[CrfDefinition]:
    return [definition for definition in CRFS.values() if definition.may_view(user)]


def _find_last_change(user: User, patient_id: UUID) -> datetime | None:
    found = visible_events(user).filter(patient_id=patient_id).exclude(action__in=READING).order_by("-at", "-id")
    return found.values_list("at", flat=True).first()


def _read_around(user: User, wanted: Wanted, moment: datetime) -> Any:
    return {
        "signatures": get_signatures_at(wanted.patient_id, moment),
        "queries": _read_queries(user, wanted.patient_id, moment) if wanted.with_queries else (),
        "events": _read_events(user, wanted.patient_id, moment) if wanted.with_audit else (),
    }


def _read_queries(user: User, patient_id: UUID, moment: datetime) -> list[tuple[DataQuery, list[QueryMessage]]]:
    """The data queries that were not closed, with their threads until then."""
    scope = scope_of(user)
    rows = DataQuery.objects.filter(patient_id=patient_id, opened_at__lte=moment).order_by("opened_at", "id")
    queries = [cast(DataQuery, query) for query in rows if scope.holds(query)]
    threads = get_messages(query.pk for query in queries)
    told = [(query, [one for one in threads[query.pk] if one.appended_at <= moment]) for query in queries]
    return [(query, thread) for query, thread in told if _was_open(query, thread, moment)]


def _was_open(query: DataQuery, thread: Sequence[QueryMessage], moment: datetime) -> bool:
    if query.closed_at is None or query.closed_at > moment:
        return not thread or thread[-1].act != Act.CLOSE
    return False


def _read_events(user: User, patient_id: UUID, moment: datetime) -> list[AuditEvent]:
    found = visible_events(user).filter(patient_id=patient_id, at__lte=moment).exclude(action__in=READING)
    return list(found.order_by("at", "id"))
