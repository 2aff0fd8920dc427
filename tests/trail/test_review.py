"""The page of the review, and its signature."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.audit.conftest import verify
from tests.cast import PASSWORD, SignIn
from tests.records.conftest import BEN, make_patient, make_visit
from tests.trail.conftest import text_of
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject
from trialsite.lib import clock
from trialsite.records.actions import correct_record, create_record, log_event
from trialsite.trail.models import AuditReview
from visits.models import Doppler, DopplerFinding, Edss

pytestmark = pytest.mark.conformance(26)
PERIOD = "/trail/review/?from_on=2011-03-01&to_on=2011-03-31&site="


@pytest.fixture
def edss(db: None) -> Edss:
    """Entered at three at night, a month after the visit, and corrected across the bound of eligibility."""
    with clock.held_at(datetime(2011, 3, 10, 8, tzinfo=UTC)):  # 03:00 in Buffalo
        visit = make_visit(make_patient())
        made = create_record(Edss(patient=visit.patient, visit=visit, rater_step=Decimal("6.5")), actor=BEN)
    with clock.held_at(datetime(2011, 3, 11, 16, tzinfo=UTC)):
        return correct_record(
            made, {"rater_step": Decimal("7.0")}, actor=BEN, base_revision=1, reason="Transcription error"
        )


def sign(site: Client, **typed: str) -> Any:
    page = text_of(site.get(PERIOD))
    shown = page.split('name="shown" value="')[1].split('"')[0]
    return site.post(PERIOD, {"shown": shown, "remarks": "Asked the site.", "password": PASSWORD, **typed})


def test_the_questions_find_what_was_planted(edss: Edss, data_manager: User, sign_in: SignIn) -> None:
    text = text_of(sign_in(data_manager).get(PERIOD))
    assert "37 days after the visit of 2011-02-01" in text
    assert "at 03:00 on the clock of the site" in text
    assert "rater_step from 6.5 to 7; 6.5 decides" in text
    assert "Transcription error" in text


def test_another_period_finds_nothing(edss: Edss, data_manager: User, sign_in: SignIn) -> None:
    text = text_of(sign_in(data_manager).get("/trail/review/?from_on=2012-01-01&to_on=2012-01-31"))
    assert "days after the visit of" not in text


def test_the_review_is_signed_with_the_password(edss: Edss, data_manager: User, sign_in: SignIn) -> None:
    site = sign_in(data_manager)
    assert sign(site).status_code == 302
    review = AuditReview.objects.get()
    assert (review.reviewer_username, str(review.from_on), review.remarks) == (
        "data_manager", "2011-03-01", "Asked the site.",
    )  # fmt: skip
    event = AuditEvent.objects.get(action="review_trail")
    assert review.digest in event.detail
    assert "Asked the site." in text_of(site.get(PERIOD))
    assert verify().startswith("All is as it was written")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"remarks": ""}, "This field is required."),
        ({"shown": "0" * 64}, "New findings came in"),
    ],
)
def test_what_is_not_signed_properly_is_not_kept(
    edss: Edss, data_manager: User, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    response = sign(sign_in(data_manager), **typed)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not AuditReview.objects.exists()


def test_a_signed_review_never_changes(edss: Edss, data_manager: User, sign_in: SignIn) -> None:
    sign(sign_in(data_manager))
    for act in (lambda: AuditReview.objects.update(remarks="x"), lambda: AuditReview.objects.all().delete()):
        with pytest.raises(DatabaseError, match="Trialsite:"), transaction.atomic():
            act()


@pytest.mark.conformance(24)
def test_a_restricted_review_and_restricted_entries_stay_unknown_to_the_blinded(
    edss: Edss, data_manager: User, statistician: User, sign_in: SignIn
) -> None:
    before = text_of(sign_in(data_manager).get(PERIOD)).split("<h1>")[1].split('name="csrf')[0]
    sign(sign_in(statistician), remarks="seen by the statistician")
    about = Subject(patient_id=edss.patient_id, site_code="UB", is_restricted=True)
    with clock.held_at(datetime(2011, 3, 12, 8, tzinfo=UTC)):
        log_event("reveal_arm", actor=BEN, subject=about)
    page = text_of(sign_in(data_manager).get(PERIOD))
    assert page.split("<h1>")[1].split('name="csrf')[0] == before
    assert "seen by the statistician" not in page


@pytest.mark.parametrize(
    "query", ["from_on=x&to_on=2011-01-01", "from_on=2011-02-01&to_on=2011-01-01", "from_on=2011-01-01"]
)
def test_a_period_that_makes_no_sense_is_answered_with_a_sentence(
    data_manager: User, sign_in: SignIn, query: str
) -> None:
    response = sign_in(data_manager).get(f"/trail/review/?{query}")
    assert response.status_code == 422
    assert "invalid-feedback" in text_of(response)


def test_a_form_is_one_line_with_all_its_rows_and_many_findings_take_pages(
    data_manager: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def enter(number: str) -> None:
        with clock.held_at(datetime(2011, 3, 10, 8, tzinfo=UTC)):
            visit = make_visit(make_patient(number))
            form = create_record(Doppler(patient=visit.patient, visit=visit), actor=BEN)
            for key in ("ijv_right_supine", "ijv_left_supine", "vv_right_supine"):
                create_record(DopplerFinding(parent=form, key=key), actor=BEN)

    site = sign_in(data_manager)
    enter("P2-001")
    site.get(PERIOD)  # what is asked once
    with CaptureQueriesContext(connection) as queries:
        first = text_of(site.get(PERIOD))
    assert first.count("days after the visit of") == 2  # the visit, and its form
    for n in range(2, 6):
        enter(f"P2-{n:03d}")
    with django_assert_max_num_queries(len(queries)):
        assert text_of(site.get(PERIOD)).count("days after the visit of") == 10
    monkeypatch.setattr("trialsite.trail.views.review.SHOWN", 4)
    pages = [text_of(site.get(f"{PERIOD}&page={page}")) for page in (1, 2, 99, "x")]
    late = [page.count("days after the visit of") for page in pages]
    assert late[0] == late[3] == 4
    assert "Sign the review" not in pages[0]
    assert "Sign the review" in pages[2]
    assert "Next" in pages[1]
