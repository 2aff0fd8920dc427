"""Queries that edit checks open, close and reopen by themselves, and the track record they leave."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import SignIn
from tests.queries.conftest import GOOD, SLOW, TICK, Form
from tests.records.conftest import ANNA, make_visit
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import act_on_query
from trialsite.queries.models import CheckFiring, DataQuery
from trialsite.queries.rules import Act
from visits.actions.visit import correct_visit
from visits.models import VitalSigns
from visits.visit import Visit

KEY = "heart_rate_bpm_unusual"


def states() -> list[tuple[str, str, str]]:
    return list(DataQuery.objects.values_list("check_key", "state", "closed_how"))


def kinds() -> list[str]:
    return list(CheckFiring.objects.order_by("id").values_list("kind", flat=True))


def said() -> list[str]:
    return list(DataQuery.objects.get().messages.values_list("text", flat=True))


@pytest.mark.conformance(13)
def test_a_question_left_open_becomes_a_query(form: Form) -> None:
    form.send("save", **SLOW)
    query = DataQuery.objects.get()
    assert (query.check_key, query.state, query.origin, query.opened_by) == (KEY, "open", "check", "system")
    assert (query.field, query.field_label, query.form_key) == ("heart_rate_bpm", "Heart rate", "vital_signs")
    assert "40 /min is outside the usual range" in said()[0]
    assert AuditEvent.objects.filter(action="open_query", record_id=query.pk, revision=1).count() == 1
    assert kinds() == ["fired"]


def test_a_clean_form_asks_nothing(form: Form) -> None:
    form.send("complete", **GOOD)
    assert states() == []
    assert kinds() == []


def test_the_query_closes_when_the_value_comes_right_and_opens_when_it_is_wrong_again(form: Form) -> None:
    form.send("save", **SLOW)
    form.send("save", **GOOD)
    assert states() == [(KEY, "closed", "data")]
    form.send("save", **SLOW)
    assert states() == [(KEY, "open", "")]
    form.send("save", **{**SLOW, "heart_rate_bpm": "38"})
    assert "38 /min" in said()[-1]
    assert len(said()) == 4
    assert kinds() == ["fired", "changed", "fired"]


@pytest.mark.conformance(13)
def test_confirming_in_the_form_closes_it_with_the_answer_and_is_remembered(form: Form) -> None:
    form.send("save", **SLOW)
    form.send("complete", **SLOW, **TICK)
    assert states() == [(KEY, "closed", "confirmation")]
    assert said()[-1] == "Value is right."
    assert DataQuery.objects.get().closed_by == "coordinator"
    form.send("complete", **{**SLOW, "systolic_mmhg": "121"}, reason_code="transcription")
    assert (VitalSigns.objects.get().status, states()) == ("complete", [(KEY, "closed", "confirmation")])
    assert kinds() == ["fired", "confirmed"]


def test_a_value_confirmed_at_once_is_counted_once(form: Form) -> None:
    form.send("complete", **SLOW, **TICK)
    form.send("complete", **{**SLOW, **TICK, "systolic_mmhg": "121"}, reason_code="transcription")
    assert states() == []
    assert kinds() == ["fired", "confirmed"]


def test_what_the_monitor_closed_stays_closed_until_the_value_changes(form: Form) -> None:
    form.send("save", **SLOW)
    act_on_query(DataQuery.objects.get().pk, Act.CLOSE, "Fine.", actor=ANNA)
    form.send("save", **{**SLOW, "systolic_mmhg": "121"})
    assert states() == [(KEY, "closed", "person")]
    form.send("save", **{**SLOW, "heart_rate_bpm": "38"})
    assert states() == [(KEY, "open", "")]


def test_a_correction_of_the_visit_settles_the_question_of_its_form(form: Form, visit: Visit) -> None:
    form.send("save", **{**GOOD, "assessed_on": "2011-02-02"})
    assert states() == [("assessed_on_off_visit", "open", "")]
    protocol = get_protocol()
    planned = protocol.visit(visit.planned_key)
    about = {"visited_on": date(2011, 2, 2)}
    correct_visit(visit, planned, about, protocol=protocol, actor=ANNA, base_revision=1, reason="typing error")
    assert states() == [("assessed_on_off_visit", "closed", "data")]


def test_a_related_form_settles_the_question_of_another(
    form: Form, visit: Visit, assessor: User, sign_in: SignIn
) -> None:
    """The step of the month after is judged against the one at baseline."""
    later = make_visit(visit.patient, "month_1", date(2011, 3, 10))
    browser = sign_in(assessor)

    def rate(where: Visit, step: str, revision: int) -> None:
        typed = {"intent": "save", "base_revision": str(revision), "rater_step": step}
        browser.post(f"/visits/{where.pk}/forms/edss/", {**typed, "assessed_on": str(where.visited_on)})

    rate(visit, "2.0", 0)
    rate(later, "6.0", 0)
    assert states() == [("step_changed_much", "open", "")]
    rate(visit, "5.5", 1)
    assert states() == [("step_changed_much", "closed", "data")]
    rate(visit, "2.0", 2)
    assert states() == [("step_changed_much", "open", "")]


def test_a_refused_form_leaves_its_mark_on_the_check(form: Form) -> None:
    assert form.send("save", **{**GOOD, "systolic_mmhg": "70", "heart_rate_bpm": "999"}).status_code == 422
    marks = CheckFiring.objects.values_list("check_key", "severity", "kind")
    assert set(marks) == {("pressure_order", "hard", "fired"), ("heart_rate_bpm_refused", "hard", "fired")}
    assert not VitalSigns.objects.exists()


@pytest.mark.conformance(27)
def test_every_word_of_a_thread_is_in_the_trail(form: Form) -> None:
    form.send("save", **SLOW)
    query = DataQuery.objects.get()
    act_on_query(query.pk, Act.ANSWER, "Measured twice.", actor=ANNA)
    entry = AuditEntry.objects.get(record_id=query.pk, field="last_message", event__revision=2)
    assert entry.new == '"Measured twice."'
    assert entry.event.action == "answer_query"


def test_a_clean_save_costs_one_query_more(form: Form) -> None:
    """The one that reads what checks have asked about the patient."""
    form.send("save", **GOOD)
    with CaptureQueriesContext(connection) as done:
        form.send("save", **{**GOOD, "heart_rate_bpm": "73"})
    assert VitalSigns.objects.get().revision == 2
    assert [query["sql"].split()[0] for query in done if '"queries_' in query["sql"]] == ["SELECT"]


def test_firings_of_one_save_are_stored_together(form: Form) -> None:
    with CaptureQueriesContext(connection) as done:
        form.send("save", **{**SLOW, "temperature_c": "39.0"})
    stored = [query for query in done if 'INSERT INTO "queries_checkfiring"' in query["sql"]]
    assert (len(stored), CheckFiring.objects.count()) == (1, 2)


def test_the_track_record_tells_what_came_of_a_check(form: Form, data_manager: User, sign_in: SignIn) -> None:
    form.send("save", **SLOW)
    form.send("save", **GOOD)
    form.send("save", **SLOW)
    text = sign_in(data_manager).get("/checks/").content.decode()
    row = text.split("The number is outside the usual range of the protocol.")[1].split("</tr>")[0]
    numbers = re.findall(r'class="num"[^>]*>([^<]*)', row)
    assert numbers == ["2", "1", "", "1", "100 %"]
    assert "too few to tell" in row
    assert "inflation" not in text
