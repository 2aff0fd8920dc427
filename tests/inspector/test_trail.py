"""The trail of a patient who lived through the trial: nothing stored without who and when, nothing changed without why."""

from typing import Any

import pytest
from django.apps import apps

from enrollment.vault.models import AllocationList
from tests.inspector.conftest import CONSENTED_ON
from tests.second_protocol.walk import OPERATORS_NOTE, Walk
from trialsite.accounts.roles import BLINDED, Role
from trialsite.audit.entries import get_entries, with_words
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.lib.clock import held_at
from trialsite.records.diff import is_blank
from trialsite.records.history import get_values_at
from trialsite.records.models import ClinicalRecord, FormStatus
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein

# What patients' forms are made of; data queries, which this trial has none of, are tried in their own tests.
CLINICAL = [model for model in apps.get_models() if issubclass(model, ClinicalRecord) and model.IS_CONTENT]

# One item of each form that a person may correct later; of every other form, who assessed it.
CORRECTION: dict[str, dict[str, str]] = {
    "consent": {"notes": "Signed twice by mistake."},
    "demographics": {"education_years": "14"},
    "ms_history": {"relapses_24_months": "3"},
    "medical_history": {"notes": "One episode only."},
    "relapse": {"symptoms": "Numbness of one leg."},
    "adverse_event": {"narrative": "It was the left side."},
    "concomitant_medication": {"indication": "Relapsing multiple sclerosis"},
    "deviation": {"corrective_action": "The team was told."},
    "disposition": {"end_reason": "Moved to another town."},
    "procedure": {"sedation_agents": "Midazolam"},
}
# A cell of each grid.
CELLS = {
    "doppler": {"segments.R_DCV_supine.flow": "absent"},
    "eligibility": {"answers.I8.comment": "asked twice"},
    "intervention": {"veins.AZYGOS.gradient_mmhg": "3"},
}


def address_of(lived: Walk, key: str) -> str:
    """Where the form was entered last."""
    return [url for url in lived.sent if f"/{key}/" in url][-1]


def record_at(key: str) -> Any:
    return CRFS[key].rows.order_by("recorded_at").last()


def change(lived: Walk, key: str, changed: dict[str, str], **reason: str) -> Any:
    """Type one correction into a form that was completed, and press Save correction."""
    url = address_of(lived, key)
    role, typed = lived.sent[url]
    with held_at(lived.at(lived.procedure_on.replace(year=2012), 12)):
        page = lived.browser(role)
        base = str(page.get(url).context["form"].base_revision)
        return page.post(url, {**typed, **changed, "base_revision": base, **reason})


# -- first entry


@pytest.mark.django_db
def test_a_trial_without_patients_has_an_empty_trail() -> None:
    """Nothing of other tests is left; and it makes pytest set the database up, which no fixture of a module does."""
    assert not AuditEvent.objects.exists()


def test_every_form_was_entered_and_completed(lived: Walk) -> None:
    assert {key: definition.rows.exists() for key, definition in CRFS.items()} == dict.fromkeys(CRFS, True)
    assert {key for key in CRFS if not record_at(key).is_complete} == set()


@pytest.mark.conformance(11, 12)
@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model._meta.label_lower)
def test_every_stored_value_is_the_one_in_the_trail(lived: Walk, model: type[ClinicalRecord]) -> None:
    """Each record's values at its revision, told by the trail alone, are its row."""
    records = list(model._base_manager.all())
    assert records
    for record in records:
        told = get_values_at(record.pk, record.revision)
        stored = {name: value for name, value in record.plain_values().items() if not is_blank(value)}
        assert {name: value for name, value in told.items() if not is_blank(value)} == stored


@pytest.mark.conformance(10)
@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model._meta.label_lower)
def test_every_revision_says_who_and_when(lived: Walk, model: type[ClinicalRecord]) -> None:
    people = {user.username: user.full_name for user in lived.people.values()} | {"system": "Trialsite"}
    for record in model._base_manager.all():
        events = list(AuditEvent.objects.filter(record_id=record.pk, revision__isnull=False).order_by("revision"))
        assert [event.revision for event in events] == list(range(1, record.revision + 1))
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert (record.recorded_by, record.recorded_at) == (events[0].actor_username, events[0].at)
        assert (record.changed_by, record.changed_at) == (events[-1].actor_username, events[-1].at)
        assert {event.actor_username for event in events} <= set(people)
        assert all(event.actor_name and event.actor_roles for event in events)
        assert {event.site_code for event in events} == {lived.site.code}


# -- later changes


@pytest.mark.conformance(10)
@pytest.mark.parametrize("key", list(CRFS))
@pytest.mark.usefixtures("taken_back")
def test_a_completed_form_changes_with_a_reason_only(lived: Walk, key: str) -> None:
    """On the page of every form of the registry: no reason, a reason without words, a reason."""
    changed = CORRECTION.get(key, {"assessed_by": "Somebody Else"})
    before = record_at(key)
    events = AuditEvent.objects.count()
    for reason in ({}, {"reason_code": "other"}, {"reason_code": "because"}):
        answer = change(lived, key, changed, **reason)
        assert answer.status_code == 422
        assert "why the form is changed" in answer.content.decode()
    assert record_at(key).plain_values() == before.plain_values()
    assert answer_adds_nothing(key, events)
    change(lived, key, changed, reason_code="transcription", reason_text="misread")
    (last,) = with_words(AuditEvent.objects.filter(record_id=before.pk, revision=before.revision + 1))
    assert last.reason == "Transcription error: misread"
    assert next(iter(changed)) in {entry.field for entry in get_entries([last])[last.pk]}


def answer_adds_nothing(key: str, events: int) -> bool:
    """Nothing but that the operator's refused entry was held against the arm."""
    looked = AuditEvent.objects.filter(action="check_against_arm").count() if CRFS[key].is_restricted else 0
    return AuditEvent.objects.count() - events <= looked


@pytest.mark.parametrize("key", [key for key, definition in CRFS.items() if definition.grid])
@pytest.mark.usefixtures("taken_back")
def test_a_cell_of_a_completed_grid_changes_with_a_reason_only(lived: Walk, key: str) -> None:
    before = AuditEntry.objects.count()
    assert change(lived, key, CELLS[key]).status_code == 422
    assert AuditEntry.objects.count() == before


@pytest.mark.usefixtures("taken_back")
def test_taking_a_form_back_to_draft_needs_a_reason_too(lived: Walk) -> None:
    answer = change(lived, "vital_signs", {"assessed_by": "Somebody Else", "intent": "save"})
    assert answer.status_code == 422
    assert record_at("vital_signs").status == FormStatus.COMPLETE


# -- what blinded people reach of it


def test_every_event_about_a_restricted_record_is_restricted(lived: Walk) -> None:
    kinds = [model._meta.label_lower for model in CLINICAL if model.IS_RESTRICTED]
    assert set(kinds) == {"visits.intervention", "visits.interventionvein"}
    ids = [*Intervention.objects.values_list("pk", flat=True), *InterventionVein.objects.values_list("pk", flat=True)]
    about = AuditEvent.objects.filter(record_kind__in=kinds) | AuditEvent.objects.filter(record_id__in=ids)
    assert about.count() >= len(ids) > 0
    assert not about.filter(is_restricted=False).exists()
    vault = AuditEvent.objects.filter(record_kind__startswith="vault.")
    assert {"draw_slot", "reveal_arm"} <= set(vault.values_list("action", flat=True))
    assert not vault.filter(is_restricted=False).exists()
    assert AllocationList.objects.exists()


@pytest.mark.conformance(24)
def test_nothing_open_in_the_trail_names_an_arm_but_the_guesses(lived: Walk) -> None:
    words = [word for arm in lived.protocol.arms_of_phase(lived.phase.number) for word in (arm.key, arm.label)]
    words += [OPERATORS_NOTE, "balloon", "inflat"]
    for word in words:
        told = AuditEvent.objects.filter(is_restricted=False)
        assert not told.filter(reason__icontains=word).exists()
        assert not told.filter(detail__icontains=word).exists()
        entries = AuditEntry.objects.filter(event__is_restricted=False, new__icontains=word)
        assert set(entries.values_list("field", flat=True)) <= {"patient_guess", "rater_guess"}


@pytest.mark.conformance(24)
@pytest.mark.parametrize("role", sorted(BLINDED))
def test_what_the_operator_wrote_does_not_exist_for_a_blinded_role(lived: Walk, role: Role) -> None:
    """That no page leads there, tests/blinding asks of every page."""
    record, vein = Intervention.objects.get(), InterventionVein.objects.all()[0]
    with held_at(lived.at(CONSENTED_ON.replace(year=2012), 12)):
        browser = lived.browser(role)
        unknown = browser.get("/no-such-address/")
        for url in (
            f"/visits/{record.visit_id}/restricted/intervention/",
            f"/visits/{record.visit_id}/forms/intervention/",
            f"/history/intervention/{record.pk}/",
            f"/history/intervention/{record.pk}/notes/",
            f"/history/vital_signs/{record.pk}/",
            f"/history/doppler/{vein.pk}/",
            f"/patients/{record.patient_id}/logs/intervention/",
            f"/patients/{record.patient_id}/logs/intervention/{record.pk}/",
        ):
            assert browser.get(url).status_code == unknown.status_code == 404, url
