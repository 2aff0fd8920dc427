"""Source data verification: what is marked, and what takes a mark away."""

import re
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.cast import SignIn
from tests.records.conftest import ANNA
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.marks.models import Verification, VerificationEnd
from trialsite.records.actions import correct_record, create_record
from visits.crfs.registry import CRFS
from visits.models import Doppler, DopplerFinding, Edss, VitalSigns
from visits.visit import Visit

EDSS = CRFS["edss"].title
STEP = "rater_step"


@pytest.fixture
def site(monitor: User, sign_in: SignIn) -> Client:
    return sign_in(monitor)


def claims(site: Client, url: str) -> dict[str, str]:
    """Item -> what its box sends; the whole form is ""."""
    found = re.findall(r'name="claim" value="([^"]+)"', site.get(url).content.decode())
    return {claim.split("/", 2)[2]: claim for claim in found}


def verify(site: Client, visit: Visit, *items: str) -> int:
    url = f"/visits/{visit.pk}/verify/"
    boxes = claims(site, url)
    return site.post(url, {"claim": [boxes[item] for item in items]}).status_code


def state_in_casebook(site: Client, title: str, visit: Visit) -> str:
    text = site.get(f"/patients/{visit.patient_id}/").content.decode()
    row = text.split(f'<th scope="row">{title}</th>')[1].split("</tr>")[0]
    return next(part.split('"')[0] for part in row.split("cell cell-")[2:])


def held() -> set[str]:
    return set(Verification.objects.filter(end=None).values_list("field", flat=True))


def test_many_items_are_marked_with_one_submit(site: Client, vital_signs: VitalSigns, edss: Edss, visit: Visit) -> None:
    url = f"/visits/{visit.pk}/verify/"
    boxes = re.findall(r'name="claim" value="([^"]+)"', site.get(url).content.decode())
    assert len(boxes) == 3  # two whole forms, one critical item
    assert site.post(url, {"claim": boxes}).status_code == 302
    assert Verification.objects.count() == 3
    events = AuditEvent.objects.filter(action="verify")
    assert {event.actor_username for event in events} == {"monitor"}
    assert EDSS in " ".join(event.detail for event in events)
    site.post(url, {"claim": boxes})
    assert Verification.objects.count() == 3, "sent twice, marked once"


def test_a_form_is_verified_by_its_critical_items_or_as_a_whole(
    site: Client, vital_signs: VitalSigns, edss: Edss, visit: Visit
) -> None:
    assert state_in_casebook(site, EDSS, visit) == "complete"
    verify(site, visit, STEP)
    assert state_in_casebook(site, EDSS, visit) == "verified"
    assert state_in_casebook(site, "Vital signs", visit) == "complete"
    url = f"/forms/vital_signs/{vital_signs.pk}/verify/"
    site.post(url, {"claim": [claims(site, url)[""]]})
    assert state_in_casebook(site, "Vital signs", visit) == "verified"


def test_a_changed_value_takes_its_mark_away_and_says_so(site: Client, edss: Edss, visit: Visit) -> None:
    verify(site, visit, STEP)
    correct_record(edss, {STEP: Decimal("4.0")}, actor=ANNA, base_revision=1, reason="Transcription error")
    assert held() == set()
    end = VerificationEnd.objects.get()
    assert (end.by_name, end.verification.field) == ("Anna A", STEP)
    event = AuditEvent.objects.get(action="unverify")
    assert (event.record_id, event.actor_username) == (edss.pk, "anna")
    assert state_in_casebook(site, EDSS, visit) == "complete"
    assert "no longer verified" in site.get(f"/visits/{visit.pk}/forms/edss/").content.decode()
    assert "no longer verified" in site.get(f"/visits/{visit.pk}/verify/").content.decode()


def test_another_item_of_the_form_leaves_the_mark(site: Client, edss: Edss, visit: Visit) -> None:
    verify(site, visit, STEP)
    correct_record(edss, {"assessed_by": "Dr. Other"}, actor=ANNA, base_revision=1, reason="late")
    assert held() == {STEP}


def test_any_change_takes_the_mark_of_the_whole_form(site: Client, vital_signs: VitalSigns, visit: Visit) -> None:
    verify(site, visit, "")
    correct_record(vital_signs, {"heart_rate_bpm": 73}, actor=ANNA, base_revision=1, reason="late")
    assert held() == set()


def test_a_reason_for_a_missing_item_counts_as_its_change(site: Client, edss: Edss, visit: Visit) -> None:
    verify(site, visit, STEP)
    absent = {STEP: {"code": "not_done", "reason": "left early"}}
    correct_record(edss, {"absent": absent}, actor=ANNA, base_revision=1, reason="late")
    assert held() == set()


def test_cells_of_a_grid_are_marked_one_by_one(site: Client, visit: Visit) -> None:
    exam = create_record(Doppler(patient=visit.patient, visit=visit, status="complete"), actor=ANNA)
    cells = [item for item in claims(site, f"/forms/doppler/{exam.pk}/verify/") if item]
    row, column = cells[0].split(".")
    finding = create_record(DopplerFinding(parent=exam, key=row, **{column: Decimal(2)}), actor=ANNA)
    verify(site, visit, *cells[:2])
    assert held() == set(cells[:2])
    correct_record(finding, {column: Decimal(3)}, actor=ANNA, base_revision=1, reason="late")
    assert held() == {cells[1]}


def test_what_changed_since_the_page_was_opened_is_not_marked(site: Client, edss: Edss, visit: Visit) -> None:
    url = f"/visits/{visit.pk}/verify/"
    box = claims(site, url)[STEP]
    correct_record(edss, {STEP: Decimal("4.0")}, actor=ANNA, base_revision=1, reason="late")
    response = site.post(url, {"claim": [box]})
    assert response.status_code == 409
    assert "Something changed" in response.content.decode()
    assert not Verification.objects.exists()


@pytest.mark.parametrize("box", ["", "x", "x/y/z", "00000000-0000-0000-0000-000000000000/a/b", "\x00/😀/" + "9" * 9999])
def test_odd_boxes_get_a_sentence(site: Client, edss: Edss, visit: Visit, box: str) -> None:
    response = site.post(f"/visits/{visit.pk}/verify/", {"claim": [box]})
    assert response.status_code == 409
    assert not Verification.objects.exists()


@pytest.mark.conformance(14)
def test_a_draft_is_not_verified(site: Client, edss: Edss, visit: Visit) -> None:
    box = claims(site, f"/visits/{visit.pk}/verify/")[STEP]
    correct_record(edss, {"status": "draft"}, actor=ANNA, base_revision=1, reason="late")
    assert claims(site, f"/visits/{visit.pk}/verify/") == {}
    assert site.post(f"/visits/{visit.pk}/verify/", {"claim": [box]}).status_code == 409


def test_taking_a_mark_back_needs_a_reason(site: Client, edss: Edss, visit: Visit) -> None:
    verify(site, visit, STEP)
    url, mark = f"/visits/{visit.pk}/verify/", Verification.objects.get()
    assert site.post(url, {"take_back": "yes", "mark": [str(mark.pk)], "reason": " "}).status_code == 422
    assert held() == {STEP}
    assert site.post(url, {"take_back": "yes", "mark": [str(mark.pk)], "reason": "wrong patient"}).status_code == 302
    assert held() == set()
    assert AuditEvent.objects.get(action="unverify").reason == "wrong patient"
    verify(site, visit, STEP)
    assert held() == {STEP}


def test_the_site_sees_what_was_verified(
    site: Client, edss: Edss, visit: Visit, coordinator: User, sign_in: SignIn
) -> None:
    form = f"/visits/{visit.pk}/forms/edss/"
    assert "not verified yet" in sign_in(coordinator).get(form).content.decode()
    verify(site, visit, STEP)
    assert "verified by The monitor" in sign_in(coordinator).get(form).content.decode()


@pytest.mark.parametrize("table", ["verification", "verificationend"])
def test_verifications_only_grow(site: Client, edss: Edss, visit: Visit, table: str) -> None:
    verify(site, visit, STEP)
    correct_record(edss, {STEP: Decimal("4.0")}, actor=ANNA, base_revision=1, reason="late")
    for statement in (f"DELETE FROM marks_{table}", f"UPDATE marks_{table} SET by_name = 'x'"):  # noqa: S608  # own names
        with pytest.raises(DatabaseError, match="Trialsite:"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
