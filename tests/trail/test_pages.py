"""The trail as people read it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.cast import SignIn
from tests.records.conftest import ANNA, BEN, make_patient, make_visit
from tests.trail.conftest import SECRET, text_of
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.rules import Act
from trialsite.records.actions import correct_record, create_record, log_event
from trialsite.trail.presenters import present_events
from trialsite.trail.selectors import PER_PAGE
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import Edss, Relapse, VitalSigns


def make_vital_signs() -> VitalSigns:
    visit = make_visit(make_patient())
    return VitalSigns(patient=visit.patient, visit=visit, heart_rate_bpm=70)


def sentences() -> list[str]:
    events = list(AuditEvent.objects.order_by("id"))
    return [sentence for line in present_events(events, get_protocol()) for sentence in line.sentences]


@pytest.mark.conformance(10, 11, 12, 22)
def test_a_change_reads_as_a_sentence(db: None) -> None:
    moment = datetime(2011, 5, 2, 10, 20, 30, tzinfo=UTC)
    with clock.held_at(moment):
        visit = make_visit(make_patient(), key="month_3")
        form = create_record(VitalSigns(patient=visit.patient, visit=visit, heart_rate_bpm=70), actor=ANNA)
        correct_record(form, {"heart_rate_bpm": 75}, actor=BEN, base_revision=1, reason="Transcription error")
    assert sentences()[-2:] == [
        "P2-001: Heart rate entered as 70 /min at Month 3, by Anna A (coordinator), at 2011-05-02 10:20:30 UTC.",
        (
            "P2-001: Heart rate changed from 70 /min to 75 /min at Month 3, reason: Transcription error,"
            " by Ben B (coordinator), at 2011-05-02 10:20:30 UTC."
        ),
    ]


def test_codes_are_words_and_a_removed_value_is_shown(db: None) -> None:
    visit = make_visit(make_patient())
    form = create_record(Edss(patient=visit.patient, visit=visit, assessed_by="Ada"), actor=ANNA)
    correct_record(form, {"assessed_by": ""}, actor=BEN, base_revision=1)
    assert "P2-001: Assessed by Ada removed at" in sentences()[-1]


@pytest.mark.conformance(22)
def test_a_question_names_its_item_and_each_message_stands_alone(db: None) -> None:
    form = create_record(make_vital_signs(), actor=ANNA)
    query = open_query(target_of(CRFS["vital_signs"], form, "heart_rate_bpm"), "Lying or sitting?", actor=BEN)
    act_on_query(query.pk, Act.ANSWER, "Lying.", actor=ANNA)
    lines = present_events(list(AuditEvent.objects.filter(record_id=query.pk).order_by("id")), get_protocol())
    assert [line.headline for line in lines] == [
        "Data query about Heart rate, Vital signs: asked",
        "Data query about Heart rate, Vital signs: answered",
    ]
    assert [[change.words for change in line.changes] for line in lines] == [
        ["Message entered as Lying or sitting?"],
        ["Message entered as Lying."],
    ]
    assert "P2-001: Data query about Heart rate, Vital signs: answered, Lying. at" in lines[1].sentences[0]


@pytest.mark.conformance(22)
def test_codes_of_the_protocol_and_names_of_addresses_are_words(
    coordinator: User, data_manager: User, sign_in: SignIn
) -> None:
    make_visit(make_patient(), key="month_3")
    told = " ".join(sentences())
    assert "Site entered as University at Buffalo" in told
    assert "Planned visit entered as Month 3" in told
    sign_in(coordinator).get("/users/review/")
    assert "Page: access review" in text_of(sign_in(data_manager).get("/trail/?action=refused_access"))


@pytest.mark.conformance(22)
def test_a_form_that_points_at_another_names_its_visit(investigator: User, sign_in: SignIn) -> None:
    visit = make_visit(make_patient(), key="month_3")
    exam = create_record(Edss(patient=visit.patient, visit=visit, assessed_by="Ada"), actor=ANNA)
    relapse = create_record(Relapse(patient=visit.patient, exam=exam), actor=ANNA)
    told = " ".join(sentences())
    assert "Examination entered as Month 3, by Anna A" in told
    assert str(exam.pk) not in told
    browser = sign_in(investigator)
    for address in (
        f"/history/relapse/{relapse.pk}/",
        f"/trail/forms/relapse/{relapse.pk}/values/",
        "/trail/listings/relapse/",
        f"/forms/relapse/{relapse.pk}/sign/",
    ):
        page = text_of(browser.get(address))
        assert "Month 3" in page, address
        assert str(exam.pk) not in page, address


@pytest.mark.parametrize("address", ["patients/{patient}", "visits/{visit}", "forms/vital_signs/{form}"])
@pytest.mark.conformance(21)
def test_the_story_is_told_for_patient_visit_and_form(
    story: VitalSigns, monitor: User, sign_in: SignIn, address: str
) -> None:
    url = f"/trail/{address}/".format(patient=story.patient_id, visit=story.visit_id, form=story.pk)
    text = text_of(sign_in(monitor).get(url))
    assert "changed from <del>74 /min</del> to <ins>75 /min</ins>" in text
    assert "Transcription error" in text


@pytest.mark.parametrize(
    ("page", "name"),
    [("/patients/{patient}/", "patient"), ("/visits/{visit}/", "visit"), ("/history/vital_signs/{form}/", "form")],
)
def test_the_story_is_one_click_away(story: VitalSigns, monitor: User, sign_in: SignIn, page: str, name: str) -> None:
    url = page.format(patient=story.patient_id, visit=story.visit_id, form=story.pk)
    assert f'class="story-link" href="/trail/{name}s/' in text_of(sign_in(monitor).get(url))


# --- The blind ---------------------------------------------------------------------------------------------------------


@pytest.mark.conformance(24)
def test_no_blinded_person_meets_a_restricted_event(
    story: VitalSigns, monitor: User, data_manager: User, coordinator: User, sign_in: SignIn
) -> None:
    for user in (monitor, data_manager, coordinator):
        pages = [
            f"/trail/patients/{story.patient_id}/",
            "/trail/",
            "/trail/?only_restricted=on",
            "/trail/?text=balloon",
        ]
        for page in pages:
            text = text_of(sign_in(user).get(page)).replace("text=balloon", "").replace('value="balloon"', "")
            assert SECRET not in text
            assert "Arm shown" not in text
            assert "balloon" not in text


@pytest.mark.conformance(24)
def test_a_restricted_event_changes_no_byte_for_the_blinded(trail: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    def look() -> tuple[list[str], int]:
        site = sign_in(monitor)
        site.get("/")
        with CaptureQueriesContext(connection) as queries:
            pages = [site.get(f"/trail/patients/{trail.patient_id}/"), site.get("/trail/?person=ben")]
        return [text_of(page).split("<h1>")[1].split("<footer")[0].split("Older")[0] for page in pages], len(queries)

    before = look()
    about = Subject(patient_id=trail.patient_id, site_code="UB", is_restricted=True)
    log_event("reveal_arm", actor=BEN, subject=about)
    after = look()
    assert [strip_tokens(text) for text in before[0]] == [strip_tokens(text) for text in after[0]]
    assert before[1] == after[1]


def strip_tokens(text: str) -> str:
    return "".join(part for part in text.split('"') if len(part) != 64)


def test_unblinded_people_meet_it(story: VitalSigns, statistician: User, sign_in: SignIn) -> None:
    assert SECRET in text_of(sign_in(statistician).get("/trail/?only_restricted=on"))


def test_an_assessor_reads_the_story_of_the_own_instruments_only(
    story: VitalSigns, assessor: User, sign_in: SignIn
) -> None:
    text = text_of(sign_in(assessor).get(f"/trail/patients/{story.patient_id}/"))
    assert "Heart rate" not in text
    assert "Visit: entered" in text


def test_an_event_of_another_site_is_not_shown(story: VitalSigns, sign_in: SignIn, monitor: User) -> None:
    elsewhere = make_patient("P2-077", site_code="XX")
    text = text_of(sign_in(monitor).get("/trail/"))
    assert "P2-001" in text
    assert elsewhere.number not in text


# --- Filters and pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("patient=p2-001", True),
        ("patient=P2-404", False),
        ("person=ben", True),
        ("person=Ben", True),
        ("person=nobody", False),
        ("action=correct", True),
        ("action=withdraw", False),
        ("form=vital_signs", True),
        ("form=edss", False),
        ("site=UB", True),
        ("text=transcription", True),
        ("text=75", True),
        ("text=no+such+words", False),
        ("from_on=2000-01-01&to_on=2999-12-31", True),
        ("to_on=2000-01-01", False),
        ("from_on=9999-12-31", False),
        ("to_on=9999-12-31", True),
    ],
)
def test_a_filter_finds_what_it_names(
    story: VitalSigns, data_manager: User, sign_in: SignIn, query: str, finds: bool
) -> None:
    text = text_of(sign_in(data_manager).get(f"/trail/?{query}"))
    assert ("to <ins>75 /min</ins>" in text) is finds


@pytest.mark.parametrize(
    "query",
    [
        "from_on=x",
        "from_on=2011-02-01&to_on=2011-01-31",
        "action=nonsense",
        "form=%00",
        "text=%00",
        "site=%F0%9F%98%80",
        "patient=" + "9" * 10_000,
    ],
)
def test_a_filter_that_makes_no_sense_is_answered_with_a_sentence(
    story: VitalSigns, data_manager: User, sign_in: SignIn, query: str
) -> None:
    response = sign_in(data_manager).get(f"/trail/?{query}")
    assert response.status_code == 422
    assert "invalid-feedback" in text_of(response)


@pytest.mark.parametrize("before", ["x", "%00", "", "0f8fad5b-d9cb-469f-a165-70867728950e", "9" * 5000])
def test_an_unknown_place_in_the_trail_is_its_beginning(
    story: VitalSigns, data_manager: User, sign_in: SignIn, before: str
) -> None:
    assert "to <ins>75 /min</ins>" in text_of(sign_in(data_manager).get(f"/trail/?before={before}"))


def test_pages_follow_each_other_without_gap_or_repetition(
    story: VitalSigns, data_manager: User, sign_in: SignIn
) -> None:
    with clock.held_at(clock.now() + timedelta(minutes=1)):  # many events of one moment
        for number in range(PER_PAGE * 2):
            log_event("print", actor=BEN, detail=f"sheet {number:03}")
    site, url, seen = sign_in(data_manager), "/trail/?person=ben&action=", []
    while url:
        text = text_of(site.get(url))
        seen += [part[:3] for part in text.split("<p>sheet ")[1:]]
        url = (
            "/trail/" + text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
            if ('rel="next"' in text)
            else ""
        )
    assert seen == [f"{number:03}" for number in reversed(range(PER_PAGE * 2))]


FILTERS = ("", "person=ben", "site=UB", "patient=P2-001", "form=vital_signs", "action=correct", "from_on=2001-01-01")


@pytest.mark.parametrize("query", FILTERS)
def test_a_page_costs_the_same_however_long_the_trail(
    story: VitalSigns, data_manager: User, sign_in: SignIn, query: str
) -> None:
    site = sign_in(data_manager)
    site.get("/")
    few = count_queries(site, query)
    for number in range(PER_PAGE * 2):
        correct_record(story, {"heart_rate_bpm": 80 + number}, actor=BEN, base_revision=6 + number)
    assert count_queries(site, query) == few
    assert few <= 10


def count_queries(site: Client, query: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert site.get(f"/trail/?{query}").status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "audit_event_by_moment"),
        ({"actor_username": "ben"}, "audit_event_by_actor"),
        ({"site_code": "UB"}, "audit_event_by_site"),
        ({"patient_id": uuid4()}, "audit_event_by_patient"),
        ({"action": "correct"}, "audit_event_by_action"),
        ({"record_kind": "visits.edss"}, "audit_event_by_kind"),
    ],
)
def test_every_filter_is_read_in_the_order_of_an_index(db: None, wanted: dict[str, Any], index: str) -> None:
    """Asked of the planner of SQLite, which chooses without statistics; PostgreSQL has the same indexes."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by what a table holds")
    events = AuditEvent.objects.filter(**wanted, at__lte=clock.now()).order_by("-at", "-id")[:PER_PAGE]
    plan = events.explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_words_are_looked_for_a_stretch_at_a_time(
    story: VitalSigns,
    data_manager: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """A page looks at so many entries, says how far it came, and the next goes on from there; nothing is skipped or found twice."""
    site = sign_in(data_manager)
    whole = re.findall(r'class="story-event"', text_of(site.get("/trail/?text=transcription")))
    assert whole
    monkeypatch.setattr("trialsite.trail.selectors.SEARCHED_AT_ONCE", 3)
    found, url, pages = 0, "/trail/?text=transcription", 0
    while url:
        with django_assert_max_num_queries(20):
            page = text_of(site.get(url))
        found, pages = found + len(re.findall(r'class="story-event"', page)), pages + 1
        more = re.search(r'href="(\?text=transcription&amp;before=[^"]+)" rel="next">Search further back', page)
        assert bool(more) == ("Words were looked for in the entries back to" in page)
        url = "/trail/" + more[1].replace("&amp;", "&") if more else ""
    assert (found, pages > 2) == (len(whole), True)
