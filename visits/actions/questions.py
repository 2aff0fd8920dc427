"""What edit checks ask about stored forms: their data queries follow every save, of the form itself and of those its checks look at.

A restricted form is left aside: its checks ask on its page alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from enrollment.models import Patient
from trialsite.audit.actor import Actor
from trialsite.protocol.model import Protocol
from trialsite.queries.actions import Target
from trialsite.queries.follow import JudgedForm, follow_forms, get_check_queries, note_refusals
from trialsite.queries.models import DataQuery
from trialsite.records.crf import CrfDefinition
from trialsite.records.forms import CrfForm
from trialsite.records.judging import judge_stored
from trialsite.records.models import CaseReportForm
from trialsite.records.saving import get_row_values, get_rows
from visits.actions.course import follow_course
from visits.context import context_of
from visits.crfs.registry import CRFS
from visits.related import is_read_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One form about to be saved by one person, and the answers its questions had before."""

    definition: CrfDefinition
    context: Any
    protocol: Protocol
    actor: Actor
    was_confirmed: Mapping[str, str]


def prepare_save(
    definition: CrfDefinition, record: CaseReportForm, context: Any, protocol: Protocol, actor: Actor
) -> Callable[[CaseReportForm], None]:
    """What has to follow from saving this form, in the same transaction: the patient's course, and the queries of checks."""
    save = Save(
        definition=definition,
        context=context,
        protocol=protocol,
        actor=actor,
        was_confirmed=_fingerprints(record),
    )
    return partial(follow_save, save=save)


def follow_save(record: CaseReportForm, *, save: Save) -> None:
    follow_course(record, protocol=save.protocol, actor=save.actor)
    if save.definition.is_restricted:
        return  # what its checks ask stands on the form, and in no row that one arm alone would have
    known = get_check_queries(record.patient_id)  # type: ignore[attr-defined]  # every form of ours has a patient
    mine = _judge(save.definition, record, save.context, save.protocol, save.was_confirmed)
    others = _judge_others(
        known,
        save.protocol,
        lambda query: query.record_id != record.pk and is_read_by(save.definition.key, query.form_key),
    )
    follow_forms([mine, *others], known, actor=save.actor)


def follow_patient(patient: Patient, protocol: Protocol, *, actor: Actor) -> None:
    """After something about the patient changed that is no form, such as the date of a visit."""
    known = get_check_queries(patient.pk)
    follow_forms(_judge_others(known, protocol, lambda query: True), known, actor=actor)


def follow_refusal(form: CrfForm, *, actor: Actor) -> None:
    """Keep which checks sent a form back."""
    note_refusals(target_of(form.definition, form.record), form.refusals, actor=actor)


def target_of(definition: CrfDefinition, record: Any, field: str = "") -> Target:
    """What a query about an item of a form points at; `field` "" is the whole form."""
    visit = record.visit if definition.kind == "visit" else None
    return Target(
        site_code=record.patient.site_code,
        patient_id=record.patient_id,
        patient_number=record.patient.number,
        visit_id=visit.pk if visit else None,
        visit_label=visit.planned_key if visit else "",
        form_key=definition.key,
        record_kind=record._meta.label_lower,
        record_id=record.pk,
        field=field,
        field_label=definition.labels.get(field, definition.title),
        is_restricted=definition.is_restricted,
    )


def _judge_others(
    known: Iterable[DataQuery], protocol: Protocol, is_wanted: Callable[[DataQuery], bool]
) -> list[JudgedForm]:
    """The other forms that a check ever asked about, judged anew. No restricted one is read here, whatever a row says of itself."""
    wanted = {query.record_id: CRFS.get(query.form_key) for query in known if is_wanted(query)}
    return [
        _judge_again(definition, record_id, protocol)
        for record_id, definition in wanted.items()
        if definition is not None and not definition.is_restricted
    ]


def _judge_again(definition: CrfDefinition, record_id: UUID, protocol: Protocol) -> JudgedForm:
    around = ("patient", "visit") if definition.kind == "visit" else ("patient",)
    record = definition.rows.select_related(*around).get(pk=record_id)
    shaped, context = context_of(definition, record, protocol)
    return _judge(shaped, record, context, protocol, _fingerprints(record))


def _judge(
    definition: CrfDefinition, record: CaseReportForm, context: Any, protocol: Protocol, confirmed: Mapping[str, str]
) -> JudgedForm:
    shaped = definition.for_protocol(protocol)
    rows = get_row_values(shaped.grid, get_rows(shaped.grid, record))
    target = target_of(shaped, record)
    # Questions that name a time are put, and answered, on the site's clock.
    with timezone.override(ZoneInfo(protocol.site(target.site_code).time_zone)):
        asked = judge_stored(shaped, record, rows, context, protocol)
    return JudgedForm(target=target, asked=asked, labels=shaped.labels, was_confirmed=confirmed)


def _fingerprints(record: CaseReportForm) -> dict[str, str]:
    return {key: str(given.get("for", "")) for key, given in record.confirmed.items()}
