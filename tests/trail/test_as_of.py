"""Looking back: what stood where at a moment, from the trail alone."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import SignIn
from tests.records.conftest import ANNA, BEN, give_consent, make_patient, make_visit
from tests.trail.conftest import text_of
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.marks.actions import Target, put_lock
from trialsite.marks.models import LockKind, Scope
from trialsite.records.actions import correct_record, create_record
from trialsite.signatures.actions import sign_scope
from visits.models import VitalSigns


def at(day: int) -> datetime:
    return datetime(2011, 3, day, 12, tzinfo=UTC)


@pytest.fixture
def form(db: None) -> VitalSigns:
    """Registered on the 1st, seen on the 2nd, entered as a draft on the 3rd, completed and corrected on the 5th."""
    with clock.held_at(at(1)):
        patient = make_patient()
    with clock.held_at(at(2)):
        visit = make_visit(patient, on=date(2011, 3, 2))
    with clock.held_at(at(3)):
        made = create_record(VitalSigns(patient=patient, visit=visit, heart_rate_bpm=70), actor=ANNA)
    with clock.held_at(at(5)):
        values = {"heart_rate_bpm": 75, "status": "complete"}
        return correct_record(made, values, actor=BEN, base_revision=1, action="complete")


def form_at(site: object, form: VitalSigns, moment: str) -> str:
    return text_of(site.get(f"/trail/forms/vital_signs/{form.pk}/values/", {"as_of": moment}))  # type: ignore[attr-defined]


def test_a_form_shows_what_stood_there(form: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    site = sign_in(monitor)
    assert "The form was empty at this moment." in form_at(site, form, "2011-03-02T23:00")
    then = form_at(site, form, "2011-03-04T00:00")
    assert '<td>70 /min</td><td data-label="now">75 /min</td>' in then
    assert '<span class="tag">Draft</span>' in then
    assert "This is the past" in then
    later = form_at(site, form, "2011-03-05T12:00:00+00:00")
    assert '<td>75 /min</td><td data-label="now"></td>' in later
    assert '<span class="tag">Complete</span>' in later


def test_a_moment_in_another_zone_is_understood(form: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    text = form_at(sign_in(monitor), form, "2011-03-05T07:00:00-05:00")
    assert "as of 2011-03-05 12:00 UTC" in text
    assert '<td>75 /min</td><td data-label="now"></td>' in text


def test_a_casebook_shows_the_state_of_every_form(form: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    site, url = sign_in(monitor), f"/trail/patients/{form.patient_id}/casebook/"
    assert "was not registered" in text_of(site.get(url, {"as_of": "2011-02-28T00:00"}))
    before = text_of(site.get(url, {"as_of": "2011-03-01T13:00"}))
    assert "2011-03-02" not in before
    assert "cell-draft" not in before
    draft = text_of(site.get(url, {"as_of": "2011-03-04T00:00"}))
    assert 'class="cell cell-draft" href="/trail/forms/vital_signs/' in draft
    assert "cell-complete" not in draft
    assert 'class="cell cell-complete" href=' in text_of(site.get(url, {"as_of": "2011-03-06T00:00"}))


@pytest.mark.conformance(30, 31)
def test_signatures_and_locks_stand_as_they_stood(form: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    """Signed on the 6th, void since a correction on the 8th, locked on the 9th; the panel of today says by whom and when."""
    about = {"scope": "form", "label": "Vital signs", "digest": "d" * 64, "meaning": "I have read it"}
    with clock.held_at(at(6)):
        sign_scope(form.subject(), parts=(), actor=ANNA, **about)
    with clock.held_at(at(8)):
        values = {"heart_rate_bpm": 76}
        form = correct_record(form, values, actor=BEN, base_revision=form.revision, reason="Transcription error")
    with clock.held_at(at(9)):
        target = Target(scope=Scope.FORM, label="Vital signs of P2-001", subject=form.subject())
        put_lock(target, LockKind.LOCK, reason="Cleaned", actor=BEN)
    give_consent(form.patient)
    site, casebook = sign_in(monitor), f"/trail/patients/{form.patient_id}/casebook/"

    def pages_at(day: int) -> tuple[str, str]:
        moment = f"2011-03-{day:02d}T13:00"
        return form_at(site, form, moment), text_of(site.get(casebook, {"as_of": moment}))

    for page in pages_at(5):
        assert "Nobody has signed this." in page
    for page in pages_at(6):
        assert "<strong>Anna A</strong> (coordinator), 2011-03-06 12:00:00 UTC: I have read it." in page
        assert "cell-signed" in page
        assert "Void since" not in page
    for page in pages_at(8):
        assert "Void since 2011-03-08 12:00 UTC, by Ben B." in page
        assert "Sign again" not in page
        assert "cell-locked" not in page
    held = "Vital signs of P2-001, by <strong>Ben B</strong>, 2011-03-09 12:00:00 UTC: Cleaned"
    for page in (*pages_at(9), text_of(site.get(f"/visits/{form.visit_id}/forms/vital_signs/"))):
        assert held in page
        assert "cell-locked" in page


def test_looking_back_offers_nothing_to_enter(form: VitalSigns, coordinator: User, sign_in: SignIn) -> None:
    site = sign_in(coordinator)
    site.get("/")
    events = AuditEvent.objects.count()
    for page in (f"/trail/patients/{form.patient_id}/casebook/", f"/trail/forms/vital_signs/{form.pk}/values/"):
        text = text_of(site.get(page, {"as_of": "2011-03-04T00:00"})).split("<main")[1]
        assert 'method="post"' not in text
        assert "/forms/vital_signs/" not in text.replace("/trail/forms/vital_signs/", "")
    assert AuditEvent.objects.count() == events


def test_an_assessor_looks_back_at_the_own_instruments_only(form: VitalSigns, assessor: User, sign_in: SignIn) -> None:
    text = text_of(sign_in(assessor).get(f"/trail/patients/{form.patient_id}/casebook/", {"as_of": "2011-03-06T00:00"}))
    assert "Vital signs" not in text
    assert "EDSS" in text


@pytest.mark.parametrize(
    "moment", ["x", "", "\0", "2999-01-01T00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59", "9" * 5000]
)
def test_a_moment_that_does_not_exist_is_answered_with_a_sentence(
    form: VitalSigns, monitor: User, sign_in: SignIn, moment: str
) -> None:
    site = sign_in(monitor)
    for page in (f"/trail/patients/{form.patient_id}/casebook/", f"/trail/forms/vital_signs/{form.pk}/values/"):
        response = site.get(page, {"as_of": moment})
        assert response.status_code == 422
        assert "invalid-feedback" in text_of(response)


def test_without_a_moment_it_is_the_present(form: VitalSigns, monitor: User, sign_in: SignIn) -> None:
    assert "75 /min" in text_of(sign_in(monitor).get(f"/trail/forms/vital_signs/{form.pk}/values/"))
    assert sign_in(monitor).get(f"/trail/patients/{uuid4()}/casebook/").status_code == 404


@pytest.mark.conformance(21)
def test_every_listing_is_told_as_of_a_moment(form: VitalSigns, monitor: User, assessor: User, sign_in: SignIn) -> None:
    """The register, the queries and the entries of a form: then one value, now another."""
    desk, events = sign_in(monitor), AuditEvent.objects.filter(record_id=form.pk).order_by("id")
    first, last = events[0], events.reverse()[0]
    assert first.at < last.at
    then, now = (
        text_of(desk.get("/trail/listings/vital_signs/", {"as_of": at.isoformat()})) for at in (first.at, last.at)
    )
    assert then != now
    assert f'href="/trail/forms/vital_signs/{form.pk}/values/?as_of=' in then
    for key, words in (("patients", "P2-001"), ("queries", "Nothing of this kind had been entered")):
        assert words in text_of(desk.get(f"/trail/listings/{key}/", {"as_of": last.at.isoformat()}))
    register = text_of(desk.get("/trail/listings/patients/", {"as_of": last.at.isoformat()}))
    assert "University at Buffalo" in register
    assert register.count("P2-001<") == 1
    empty = text_of(desk.get("/trail/listings/patients/", {"as_of": "2001-01-01T00:00"}))
    assert "P2-001" not in empty
    assert desk.get("/trail/listings/vital_signs/", {"as_of": "soon"}).status_code == 422
    for unknown in ("intervention", "nonsense"):
        assert desk.get(f"/trail/listings/{unknown}/").status_code == 404
    for hidden in ("vital_signs", "queries"):
        assert sign_in(assessor).get(f"/trail/listings/{hidden}/").status_code == 404


def test_a_past_listing_costs_the_same_however_long(
    form: VitalSigns, monitor: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for number in range(2, 60):
        make_patient(f"P2-{number:03d}")
    desk = sign_in(monitor)
    text = text_of(desk.get("/trail/listings/patients/"))
    with django_assert_max_num_queries(8):
        text = text_of(desk.get("/trail/listings/patients/"))
    assert "Older entries" in text
    assert text.count('scope="row"') == 50
