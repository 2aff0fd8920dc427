"""Asking, answering, closing: on pages, beside the form, and only for whom it is meant."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import SignIn
from tests.events import read_event
from tests.queries.conftest import GOOD, SLOW, Form
from tests.records.conftest import ANNA, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.actor import SYSTEM
from trialsite.lib import clock
from trialsite.marks.actions import Target, put_lock
from trialsite.marks.models import LockKind, Scope
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.models import DataQuery, QueryMessage
from trialsite.queries.rules import Act
from trialsite.queries.selectors import Position
from trialsite.records.actions import create_record
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import Intervention, VitalSigns
from visits.visit import Visit


def text_of(response: Any) -> str:
    return str(response.content.decode())


def send(browser: Client, query: DataQuery, act: str, text: str, **more: str) -> Any:
    return browser.post(f"/queries/{query.pk}/", {"act": act, "text": text, **more})


@pytest.mark.conformance(27)
def test_a_query_goes_from_the_monitor_to_the_site_and_back(
    asked: DataQuery, form: Form, monitor: User, sign_in: SignIn
) -> None:
    desk = sign_in(monitor)
    record = VitalSigns.objects.get()
    page = text_of(desk.get(form.url))
    assert f"/queries/new/vital_signs/{record.pk}/systolic_mmhg/" in page
    url = f"/queries/new/vital_signs/{record.pk}/systolic_mmhg/"
    assert 'value="systolic_mmhg" selected' in text_of(desk.get(url))
    sent = {"field": "systolic_mmhg", "text": "Which arm?", "query_id": str(uuid.uuid4())}
    desk.post(url, sent)
    desk.post(url, sent)
    query = DataQuery.objects.get(field="systolic_mmhg")
    assert (query.state, query.opened_by, query.visit_label) == ("open", "monitor", "baseline")

    assert "Which arm?" in form.text
    send(form.client, query, "answer", "The left one.")
    query.refresh_from_db()
    assert query.state == "answered"
    assert "Queries to close" in text_of(desk.get("/"))
    send(desk, query, "close", "Thank you.")
    query.refresh_from_db()
    assert (query.state, query.closed_by, query.message_count) == ("closed", "monitor", 3)
    assert "Closed data queries (1)" in form.text
    send(desk, query, "reopen", "Sitting or lying?")
    query.refresh_from_db()
    assert (query.state, query.closed_by, query.closed_at) == ("open", "", None)


def test_an_answer_from_beside_the_form_leaves_the_form_alone(asked: DataQuery, form: Form) -> None:
    page = form.text
    assert f'id="answer-{asked.pk}"' in page
    assert page.index("</form>", page.index('class="crf"')) < page.index(f'<form id="answer-{asked.pk}"')
    response = form.client.post(
        f"/queries/{asked.pk}/", {"act": "answer", "text": "Yes."}, headers={"HX-Request": "true"}
    )
    text = text_of(response)
    assert text.lstrip().startswith("<section")
    assert "Yes." in text
    assert VitalSigns.objects.get().revision == 1


def test_a_message_is_kept_whatever_happens_to_the_form(asked: DataQuery, form: Form) -> None:
    send(form.client, asked, "answer", "Yes.")
    assert form.send("complete", **{**GOOD, "heart_rate_bpm": "999"}).status_code == 422
    assert QueryMessage.objects.filter(text="Yes.").count() == 1


def test_a_locked_form_points_to_the_page_where_its_query_is_answered(asked: DataQuery, form: Form) -> None:
    subject = VitalSigns.objects.get().subject()
    put_lock(Target(scope=Scope.FORM, label="Vital signs", subject=subject), LockKind.LOCK, reason="", actor=ANNA)
    page = form.text
    assert f'href="/queries/{asked.pk}/">Answer it</a>' in page
    assert "Send the answer" not in page
    assert send(form.client, asked, "answer", "Yes.").status_code == 302
    assert asked.messages.count() == 2


def test_a_message_sent_twice_is_kept_once(asked: DataQuery, form: Form) -> None:
    for _ in range(2):
        send(form.client, asked, "answer", "Yes.", message_id="8f14e45f-ceea-467f-a8b7-2d9f36f1d3c1")
    assert asked.messages.count() == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"act": "answer", "text": "  "}, "Write the message first."),
        ({"act": "answer", "text": "a\x00b"}, "Null characters"),
        ({"act": "answer", "text": "x" * 2001}, "at most 2000 characters"),
        ({"act": "open", "text": "x"}, "is not in this list"),
        ({"text": "x"}, "Choose what to do"),
        ({"act": "answer", "text": "x", "message_id": "y"}, "valid UUID"),
    ],
)
def test_bad_input_gets_a_sentence_and_stays(
    asked: DataQuery, form: Form, typed: dict[str, str], sentence: str
) -> None:
    response = form.client.post(f"/queries/{asked.pk}/", typed)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert asked.messages.count() == 1


def test_closing_needs_no_words(asked: DataQuery, monitor: User, sign_in: SignIn) -> None:
    assert send(sign_in(monitor), asked, "close", "").status_code == 302
    assert [message.text for message in asked.messages.all()][1:] == ["Closed without a comment."]


def test_words_that_may_tell_an_arm_ask_the_writer_to_think(asked: DataQuery, form: Form) -> None:
    response = send(form.client, asked, "answer", "After the balloon.")
    assert "these words may tell an arm: balloon" in text_of(response)
    assert asked.messages.count() == 1
    send(form.client, asked, "answer", "After the balloon.", is_sure="yes")
    assert asked.messages.count() == 2
    note = read_event(action="telling_words")
    assert (note.is_restricted, note.detail) == (True, "Left in words that blinded people read: balloon.")


def test_who_may_only_read_adds_nothing(
    asked: DataQuery, form: Form, statistician: User, monitor: User, sign_in: SignIn
) -> None:
    assert send(sign_in(statistician), asked, "answer", "Yes.").status_code == 403
    assert send(sign_in(monitor), asked, "answer", "Yes.").status_code == 403
    response = send(form.client, asked, "close", "Done, I think.")
    assert response.status_code == 403
    assert "Done, I think." in text_of(response), "what was typed is lost"
    assert asked.messages.count() == 1


def test_the_casebook_the_visit_and_home_count_what_is_not_closed(
    asked: DataQuery, form: Form, visit: Visit, assessor: User, sign_in: SignIn
) -> None:
    assert re.search(
        r"complete(, entered late)?, 1 data query", text_of(form.client.get(f"/patients/{visit.patient_id}/"))
    )
    assert "1 data query" in text_of(form.client.get(f"/visits/{visit.pk}/"))
    assert "Queries to answer" in text_of(form.client.get("/"))
    assert "Queries to answer" not in text_of(sign_in(assessor).get("/")), "vital signs are not the assessor's"
    act_on_query(asked.pk, Act.CLOSE, "Fine.", actor=ANNA)
    assert "1 data query" not in text_of(form.client.get(f"/visits/{visit.pk}/"))
    assert "Queries to answer" not in text_of(form.client.get("/"))


def ask_about(visit: Visit, opened: int) -> list[DataQuery]:
    """Queries about as many vital signs, one an hour."""
    record = create_record(VitalSigns(patient=visit.patient, visit=visit, assessed_on=visit.visited_on), actor=ANNA)
    target, start = target_of(CRFS["vital_signs"], record, "heart_rate_bpm"), clock.now() - timedelta(days=30)
    made = []
    for hour in range(opened):
        with clock.held_at(start + timedelta(hours=hour)):
            made.append(open_query(target, f"Question {hour}.", actor=SYSTEM))
    return made


def test_the_list_runs_from_page_to_page_without_a_gap(visit: Visit, monitor: User, sign_in: SignIn) -> None:
    made, browser, seen, address = ask_about(visit, 60), sign_in(monitor), [], "/queries/"
    for _ in range(3):
        text = text_of(browser.get(address))
        seen += re.findall(r'href="/queries/([0-9a-f-]{36})/"', text)
        found = re.search(r'href="(\?[^"]+)" rel="next"', text)
        address = "/queries/" + found[1].replace("&amp;", "&") if found else ""
    assert seen == [str(query.pk) for query in made]
    assert address == ""


def test_a_page_of_the_list_costs_the_same_wherever_it_is(
    visit: Visit, monitor: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    made, browser = ask_about(visit, 60), sign_in(monitor)
    browser.get("/queries/")
    for address in ("/queries/", f"/queries/?after={Position(made[30].opened_at, made[30].pk)}".replace("+", "%2B")):
        with django_assert_num_queries(3):
            browser.get(address)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ("", 2),
        ("state=answered", 1),
        ("state=closed", 1),
        ("state=all", 3),
        ("origin=check", 1),
        ("origin=person&state=all", 2),
        ("form=edss", 0),
        ("form=vital_signs", 2),
        ("site=UB", 2),
        ("site=XX", 2),  # not one of the monitor's sites: the filter says so and lists all
        ("person=anna&state=all", 1),
        ("patient=p2-001", 2),
        ("patient=P9", 0),
        ("older_than=1", 0),
        ("older_than=0", 2),
        ("older_than=x", 2),
        ("person=%00", 2),
        ("after=nonsense", 2),
        ("after=2011-01-01_" + "0" * 32, 2),
        ("after=0001-01-01T00:00:00%2B14:00_" + "0" * 32, 2),
    ],
)
def test_the_list_is_narrowed(form: Form, monitor: User, sign_in: SignIn, filters: str, count: int) -> None:
    form.send("save", **SLOW)
    target = target_of(CRFS["vital_signs"], VitalSigns.objects.get(), "systolic_mmhg")
    answered, closed = open_query(target, "One?", actor=SYSTEM), open_query(target, "Two?", actor=SYSTEM)
    act_on_query(answered.pk, Act.ANSWER, "Yes.", actor=SYSTEM)
    act_on_query(closed.pk, Act.CLOSE, "Done.", actor=ANNA)
    text = text_of(sign_in(monitor).get(f"/queries/?{filters}"))
    assert len(set(re.findall(r'href="(/queries/[0-9a-f-]{36}/)"', text))) == count


def ask_about_intervention(visit: Visit) -> DataQuery:
    patient = visit.patient
    treated = make_visit(patient, "procedure", visit.visited_on)
    record = create_record(Intervention(patient=patient, visit=treated, assessed_on=visit.visited_on), actor=ANNA)
    return open_query(target_of(CRFS["intervention"], record), "Which vein?", actor=SYSTEM)


@pytest.mark.conformance(24)
def test_queries_about_restricted_forms_exist_for_unblinded_people_only(
    visit: Visit, cast: dict[Any, User], sign_in: SignIn
) -> None:
    query = ask_about_intervention(visit)
    assert query.subject().is_restricted
    for role, user in cast.items():
        browser, sees = sign_in(user), role in ("operator", "statistician")
        assert browser.get(f"/queries/{query.pk}/").status_code == (200 if sees else 404), role
        assert ("Which vein?" in text_of(browser.get("/queries/"))) == sees, role
    for role in ("coordinator", "monitor"):
        assert "query-mark" not in text_of(sign_in(cast[role]).get(f"/visits/{query.visit_id}/"))


def test_another_site_sees_nothing_of_it(asked: DataQuery, other_coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(other_coordinator)
    assert browser.get(f"/queries/{asked.pk}/").status_code == 404
    assert "Is 72 right?" not in text_of(browser.get("/queries/"))
    make_patient("X-1", "XX")


def test_a_query_about_an_item_that_no_form_has_does_not_exist(
    asked: DataQuery, monitor: User, sign_in: SignIn
) -> None:
    browser = sign_in(monitor)
    assert browser.get(f"/queries/new/vital_signs/{asked.record_id}/arm/").status_code == 404
    response = browser.post(f"/queries/new/vital_signs/{asked.record_id}/", {"field": "arm", "text": "Which?"})
    assert response.status_code == 422
    assert "is not in this list" in text_of(response)


@pytest.mark.conformance(24)
def test_the_trail_tells_of_queries_to_readers_of_every_form_only(
    asked: DataQuery, visit: Visit, monitor: User, assessor: User, sign_in: SignIn
) -> None:
    """A rater must not learn from a query what others measured."""
    address = f"/trail/patients/{visit.patient_id}/"
    assert "Is 72 right?" in text_of(sign_in(monitor).get(address))
    response = sign_in(assessor).get(address)
    assert response.status_code == 200
    assert "Is 72 right?" not in text_of(response)
