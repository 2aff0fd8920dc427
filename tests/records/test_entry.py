"""Entering a form in a browser's words: drafts, completion, questions, corrections, two people at once, and bad input."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollment.models import Patient
from tests.cast import OTHER_SITE, SignIn, make_user
from tests.records.conftest import BEN, give_consent
from tests.robust.page import read_page, values_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEntry
from trialsite.lib import clock
from trialsite.queries.models import DataQuery
from trialsite.records import entry
from trialsite.records.actions import ReasonMissingError, correct_record
from trialsite.records.forms import CrfForm
from trialsite.records.saving import Saved, save_crf
from visits.models import AdverseEvent, VitalSigns
from visits.visit import Visit

GOOD = {
    "assessed_on": "2011-02-01",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "72",
    "oxygen_saturation_pct": "98",
    "temperature_c": "36.6",
}


def without_token(body: bytes) -> bytes:
    """A page without the token against forged requests, which is new in every answer."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"", body)


@pytest.fixture
def form_page(visit: Visit, coordinator: User, sign_in: SignIn) -> "Page":
    give_consent(visit.patient)
    return Page(sign_in(coordinator), f"/visits/{visit.pk}/forms/vital_signs/")


class Page:
    """The vital signs form as one browser sees it."""

    def __init__(self, client: Client, url: str) -> None:
        self.client, self.url = client, url

    def send(self, intent: Any = "save", base: Any = 0, **values: Any) -> Any:
        return self.client.post(self.url, {"intent": intent, "base_revision": str(base), **values})

    def text(self, response: Any) -> str:
        return str(response.content.decode())


def test_an_empty_form_opens(form_page: Page) -> None:
    response = form_page.client.get(form_page.url)
    assert response.status_code == 200
    assert "Systolic blood pressure" in form_page.text(response)


def test_a_draft_may_lack_anything(form_page: Page) -> None:
    assert form_page.send(heart_rate_bpm="72").status_code == 302
    stored = VitalSigns.objects.get()
    assert (stored.status, stored.heart_rate_bpm, stored.systolic_mmhg) == ("draft", 72, None)


@pytest.mark.conformance(14)
def test_completing_with_a_missing_item_saves_the_draft_and_says_what_is_missing(form_page: Page) -> None:
    response = form_page.send("complete", assessed_on="2011-02-01", systolic_mmhg="120")
    assert VitalSigns.objects.get().status == "draft"
    text = form_page.text(response)
    assert "Saved as a draft" in text
    assert text.count("Needed to complete the form") == 3
    assert 'value="120"' in text


@pytest.mark.parametrize("intent", ["save", "complete"])
def test_a_form_sent_as_it_was_opened_stores_nothing(form_page: Page, visit: Visit, intent: str) -> None:
    adverse_event = Page(form_page.client, f"/patients/{visit.patient_id}/logs/adverse_event/{uuid.uuid4()}/")
    for page, fields in ((adverse_event, {}), (form_page, {"assessed_on": visit.visited_on})):
        response = page.send(intent, **fields)
        assert response.status_code == 422
        assert "Nothing was entered yet, so nothing was stored" in page.text(response)
        assert ("Needed to complete the form" in page.text(response)) is (intent == "complete")
    assert (VitalSigns.objects.count(), AdverseEvent.objects.count()) == (0, 0)


@pytest.mark.conformance(17)
def test_a_missing_item_with_its_reason_completes(form_page: Page) -> None:
    absent = {"absent-heart_rate_bpm": "not_done", "absent_reason-heart_rate_bpm": "monitor broken"}
    form_page.send("complete", **{**GOOD, "heart_rate_bpm": ""}, **absent)
    stored = VitalSigns.objects.get()
    assert stored.status == "complete"
    assert stored.absent == {"heart_rate_bpm": {"code": "not_done", "reason": "monitor broken"}}


@pytest.mark.conformance(17)
def test_not_done_needs_words_and_no_value(form_page: Page) -> None:
    response = form_page.send(**{**GOOD, "heart_rate_bpm": ""}, **{"absent-heart_rate_bpm": "not_done"})
    assert response.status_code == 422
    assert "Say in a few words why there is no value." in form_page.text(response)
    response = form_page.send(**GOOD, **{"absent-heart_rate_bpm": "not_done", "absent_reason-heart_rate_bpm": "x"})
    assert "There is a value and a reason why there is none." in form_page.text(response)
    assert not VitalSigns.objects.exists()


def test_a_hard_limit_refuses_at_the_field_and_keeps_what_was_typed(form_page: Page) -> None:
    response = form_page.send("complete", **{**GOOD, "systolic_mmhg": "999"})
    text = form_page.text(response)
    assert response.status_code == 422
    assert "Must be between 50 and 260 mmHg" in text
    assert 'value="999"' in text
    assert 'value="72"' in text
    assert not VitalSigns.objects.exists()


@pytest.mark.conformance(13)
def test_a_soft_limit_asks_and_keeps_the_answer(form_page: Page) -> None:
    values = {**GOOD, "heart_rate_bpm": "40"}
    response = form_page.send("complete", **values)
    assert "outside the usual range" in form_page.text(response)
    assert VitalSigns.objects.get().status == "draft"
    question = next(part for part in form_page.text(response).split('name="') if part.startswith("confirm-")).split(
        '"'
    )[0]
    form_page.send("complete", base=1, **values, **{question: "athlete, measured twice"})
    stored = VitalSigns.objects.get()
    assert stored.status == "complete"
    assert stored.confirmed[question.removeprefix("confirm-")]["answer"] == "athlete, measured twice"


@pytest.mark.conformance(10)
def test_a_change_after_completion_needs_a_reason(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    response = form_page.send("complete", base=1, **{**GOOD, "heart_rate_bpm": "73"})
    assert response.status_code == 422
    assert "Choose why the form is changed." in form_page.text(response)
    form_page.send("complete", base=1, **{**GOOD, "heart_rate_bpm": "73"}, reason_code="transcription")
    last = AuditEntry.objects.filter(field="heart_rate_bpm").last()
    assert last is not None
    assert (last.old, last.new, last.event.reason) == ("72", "73", "Transcription error")


def test_sending_the_same_form_twice_stores_it_once(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    response = form_page.send("complete", **GOOD)
    assert response.status_code == 302
    assert VitalSigns.objects.get().revision == 1


def test_a_number_is_shown_as_people_write_it(form_page: Page) -> None:
    """A column keeps as many digits as its neighbors need; no page shows them, and to send the page again stores nothing."""
    form_page.send(temperature_c="37", height_cm="170", weight_kg="70.0")
    stored = VitalSigns.objects.get()
    assert [str(value) for value in (stored.temperature_c, stored.height_cm, stored.weight_kg)] == ["37", "170", "70"]
    shown = values_of(read_page(form_page.client.get(form_page.url).content))
    assert [shown[name] for name in ("temperature_c", "height_cm", "weight_kg")] == [["37"], ["170"], ["70"]]
    assert form_page.client.post(form_page.url, {**shown, "intent": "save"}).status_code == 302
    assert VitalSigns.objects.get().revision == 1


def test_changes_to_different_items_by_two_people_are_both_kept(form_page: Page) -> None:
    form_page.send(**GOOD)
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    form_page.send(base=1, **{**GOOD, "systolic_mmhg": "125"})
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.systolic_mmhg) == (75, 125)


def test_the_same_item_changed_by_two_people_is_shown_not_overwritten(form_page: Page) -> None:
    form_page.send(**GOOD)
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 75}, actor=BEN, base_revision=1)
    response = form_page.send(base=1, **{**GOOD, "heart_rate_bpm": "80"})
    text = form_page.text(response)
    assert response.status_code == 409
    assert "ben stored 75 here" in text
    assert 'value="80"' in text
    assert VitalSigns.objects.get().heart_rate_bpm == 75
    form_page.send(base=2, **{**GOOD, "heart_rate_bpm": "80"})
    assert VitalSigns.objects.get().heart_rate_bpm == 80


def test_changes_that_fit_alone_but_not_together_are_held_back(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    correct_record(VitalSigns.objects.get(), {"systolic_mmhg": 100}, actor=BEN, base_revision=1, reason="query")
    response = form_page.send("complete", base=1, **{**GOOD, "diastolic_mmhg": "110"}, reason_code="transcription")
    text = form_page.text(response)
    assert response.status_code == 409
    assert "together with what ben stored meanwhile" in text
    assert "Must be below the systolic pressure (100 mmHg)" in text
    assert 'value="110"' in text
    assert VitalSigns.objects.get().diastolic_mmhg == 80


def test_a_colleagues_gap_keeps_the_merged_form_a_draft(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": None}, actor=BEN, base_revision=1, reason="query")
    form_page.send("complete", base=1, **{**GOOD, "diastolic_mmhg": "82"}, reason_code="transcription")
    stored = VitalSigns.objects.get()
    assert (stored.heart_rate_bpm, stored.diastolic_mmhg, stored.status) == (None, 82, "draft")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("temperature_c", "36,5", "decimal point"),
        ("heart_rate_bpm", "72.5", "whole number"),
        ("heart_rate_bpm", "\u0667\u0662x", "whole number"),
        ("heart_rate_bpm", "9" * 400, "between 20 and 220"),
        ("temperature_c", "1e999", "digits"),
        ("temperature_c", "NaN", "number"),
        ("assessed_on", "2011-02-29", "date that exists"),
        ("assessed_on", "2999-01-01", "future"),
        ("assessed_by", "a\x00b", "Null characters"),
        ("assessed_by", "x" * 10_000, "at most 120 characters"),
    ],
)
def test_bad_input_gets_a_sentence_and_stays_on_the_page(
    form_page: Page, field: str, typed: str, sentence: str
) -> None:
    response = form_page.send("complete", **{**GOOD, field: typed})
    assert response.status_code == 422
    assert sentence in form_page.text(response)
    assert not VitalSigns.objects.exists()


@pytest.mark.parametrize("words", ["😀 happy", "مرحبا", "<script>alert(1)</script>", "=1+1"])
def test_any_script_may_be_written(form_page: Page, words: str) -> None:
    form_page.send(**GOOD, assessed_by=words)
    assert VitalSigns.objects.get().assessed_by == words
    assert b"<script>alert" not in form_page.client.get(form_page.url).content


@pytest.mark.parametrize("base", ["", "x", "-1", "9" * 30, "1\x00"])
def test_a_nonsense_revision_never_overwrites(form_page: Page, base: str) -> None:
    form_page.send(**GOOD)
    response = form_page.client.post(
        form_page.url, {**GOOD, "heart_rate_bpm": "80", "intent": "save", "base_revision": base}
    )
    assert response.status_code == 409
    assert VitalSigns.objects.get().heart_rate_bpm == 72


def test_a_form_of_another_sites_patient_answers_like_an_unknown_one(
    form_page: Page, other_coordinator: User, sign_in: SignIn, patient: Patient
) -> None:
    stranger = sign_in(other_coordinator)
    unknown = stranger.get(f"/visits/{patient.pk}/forms/vital_signs/")
    theirs = stranger.get(form_page.url)
    assert unknown.status_code == theirs.status_code == 404
    assert without_token(unknown.content) == without_token(theirs.content)
    assert stranger.post(form_page.url, GOOD).status_code == 404
    assert not VitalSigns.objects.exists()


@pytest.mark.conformance(15)
def test_who_may_read_but_not_enter_cannot_post(form_page: Page, cast: dict[Role, User], sign_in: SignIn) -> None:
    form_page.send(**GOOD)
    changed = {**GOOD, "heart_rate_bpm": "80", "base_revision": "1"}
    for role in (Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN):
        reader = sign_in(cast[role])
        assert reader.get(form_page.url).status_code == 200
        assert reader.post(form_page.url, changed).status_code == 403
    for role in (Role.OPERATOR, Role.ADMIN, Role.ASSESSOR):
        assert sign_in(cast[role]).post(form_page.url, changed).status_code == 404
    another_site = make_user("elsewhere", Role.COORDINATOR, site=OTHER_SITE)
    assert sign_in(another_site).post(form_page.url, changed).status_code == 404
    assert (VitalSigns.objects.get().heart_rate_bpm, VitalSigns.objects.get().revision) == (72, 1)


@pytest.mark.conformance(21)
def test_the_history_of_a_value_is_one_click_away(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    form_page.send("complete", base=1, **{**GOOD, "heart_rate_bpm": "73"}, reason_code="transcription")
    record = VitalSigns.objects.get()
    url = f"/history/vital_signs/{record.pk}/heart_rate_bpm/"
    assert url in form_page.text(form_page.client.get(form_page.url))
    text = form_page.text(form_page.client.get(url))
    assert "72 /min" in text
    assert "73 /min" in text
    assert "Transcription error" in text


def test_what_a_form_costs_in_queries(form_page: Page, django_assert_num_queries: Any) -> None:
    """Session, user, visit with patient, form with its neighbors; savepoints count, where the product begins and ends its transaction."""
    # PostgreSQL is told that the gate opens and, as a test runs in a transaction of its own, that it closes; SQLite asks this process.
    gate = 0 if connection.vendor == "sqlite" else 2
    form_page.client.get(form_page.url)  # the first page of a session notes that somebody is there
    with django_assert_num_queries(6):
        form_page.client.get(form_page.url)
    with django_assert_num_queries(13 + gate):
        form_page.send("complete", **GOOD)
    with django_assert_num_queries(8):
        form_page.client.get(form_page.url)
    with django_assert_num_queries(14 + gate):
        form_page.send("complete", 1, **{**GOOD, "heart_rate_bpm": "73"}, reason_code="transcription")
    changed = {**GOOD, "heart_rate_bpm": "74", "systolic_mmhg": "121", "temperature_c": "36.7"}
    with django_assert_num_queries(14 + gate):
        form_page.send("save", 2, **changed, reason_code="transcription")
    assert VitalSigns.objects.get().revision == 3


def test_questions_of_checks_cost_the_same_for_many_as_for_one(form_page: Page) -> None:
    def cost(base: int, **values: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert form_page.send("save", base, **{**GOOD, **values}).status_code == 302
        return len(asked)

    form_page.client.get(form_page.url)
    cost(0)
    opened = [cost(1, heart_rate_bpm="38"), cost(2)]
    opened += [cost(3, oxygen_saturation_pct="88", temperature_c="39.1"), cost(4)]
    assert DataQuery.objects.filter(state="closed").count() == 3
    assert opened[:2] == opened[2:]


def test_a_form_completed_by_another_meanwhile_asks_for_the_reason_before_it_changes(
    form_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_page.send(heart_rate_bpm="72")

    def complete_first(form: CrfForm, **kwargs: Any) -> Saved:
        done = {"status": "complete", "completed_at": clock.now(), "temperature_c": Decimal("36.6")}
        correct_record(VitalSigns.objects.get(), done, actor=BEN, base_revision=1)
        return save_crf(form, **kwargs)

    monkeypatch.setattr(entry, "save_crf", complete_first)
    response = form_page.send(base=1, heart_rate_bpm="88")
    assert response.status_code == 409
    assert "Choose why the form is changed." in form_page.text(response)
    assert 'value="88"' in form_page.text(response)
    assert 'name="reason_code"' in form_page.text(response)
    stored = VitalSigns.objects.get()
    assert (stored.revision, stored.heart_rate_bpm, stored.status) == (2, 72, "complete")


def test_no_action_changes_a_complete_form_without_a_reason(form_page: Page) -> None:
    form_page.send("complete", **GOOD)
    with pytest.raises(ReasonMissingError):
        correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 80}, actor=BEN, base_revision=1)
    assert VitalSigns.objects.get().heart_rate_bpm == 72
    correct_record(VitalSigns.objects.get(), {"heart_rate_bpm": 80}, actor=BEN, base_revision=1, reason="Misread.")
    assert VitalSigns.objects.get().heart_rate_bpm == 80


SLOW = {**GOOD, "heart_rate_bpm": "40"}


def test_one_tick_confirms_a_value_and_is_remembered_while_it_stays_the_same(form_page: Page) -> None:
    form_page.send("complete", **SLOW)
    form_page.send("complete", base=1, **SLOW, **{"right-heart_rate_bpm_unusual": "yes"})
    stored = VitalSigns.objects.get()
    assert (stored.status, stored.confirmed["heart_rate_bpm_unusual"]["answer"]) == ("complete", "Value is right.")
    page = form_page.text(form_page.client.get(form_page.url))
    assert re.search(r'name="right-heart_rate_bpm_unusual" value="yes" checked', page)
    # Another item changes; the page of a colleague never asked about the heart rate.
    form_page.send("complete", base=2, **{**SLOW, "systolic_mmhg": "121"}, reason_code="transcription")
    assert VitalSigns.objects.get().status == "complete"


def test_an_answer_to_the_value_of_before_does_not_count_for_a_new_one(form_page: Page) -> None:
    form_page.send("complete", **SLOW)
    page = form_page.text(form_page.client.get(form_page.url))
    found = re.search(r'name="asked-heart_rate_bpm_unusual" value="(\w+)"', page)
    assert found
    answer = {"asked-heart_rate_bpm_unusual": found[1], "confirm-heart_rate_bpm_unusual": "athlete"}
    response = form_page.send("complete", base=1, **{**SLOW, "heart_rate_bpm": "38"}, **answer)
    assert VitalSigns.objects.get().status == "draft"
    assert 'value="athlete"' in form_page.text(response), "what was typed is lost"
    form_page.send("complete", base=2, **SLOW, **answer)
    assert VitalSigns.objects.get().status == "complete"
