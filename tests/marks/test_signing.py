"""Signing forms, visits and casebooks; and what makes a signature void."""

import re
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from enrollment.models import Patient
from tests.cast import PASSWORD, SignIn
from tests.database import triggers_off
from tests.marks.conftest import make_vital_signs
from tests.records.conftest import ANNA, make_visit
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.records.actions import correct_record, create_record
from trialsite.signatures.models import Signature, SignatureEnd, SignedRecord
from trialsite.signatures.verify import verify_signatures
from visits.models import Edss, Intervention, VitalSigns
from visits.visit import Visit


@pytest.fixture
def site(investigator: User, sign_in: SignIn) -> Client:
    return sign_in(investigator)


def shown(site: Client, url: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', site.get(url).content.decode())
    assert found, "the page offers no signature"
    return found[1]


def sign(site: Client, url: str, **sent: str) -> int:
    data = {"meaning": "review", "password": PASSWORD, "shown": sent.pop("shown", None) or shown(site, url), **sent}
    return site.post(url, data).status_code


def change(record: VitalSigns | Edss | Visit, **values: object) -> None:
    record.refresh_from_db()
    correct_record(record, values, actor=ANNA, base_revision=record.revision, reason="Transcription error")


def is_current() -> bool:
    return Signature.objects.filter(end=None).exists()


def url_of(scope: str, record: VitalSigns) -> str:
    addresses = {
        "form": f"/forms/vital_signs/{record.pk}/sign/",
        "visit": f"/visits/{record.visit_id}/sign/",
        "casebook": f"/patients/{record.patient_id}/sign/",
    }
    return addresses[scope]


TOKEN = re.compile(r'token" value="\w+|Token": "\w+')
SCOPES = pytest.mark.parametrize("scope", ["form", "visit", "casebook"])


@SCOPES
@pytest.mark.conformance(30)
@pytest.mark.conformance(32)
def test_a_signature_says_who_when_what_it_means_and_how_much_it_covers(
    site: Client, vital_signs: VitalSigns, scope: str
) -> None:
    assert sign(site, url_of(scope, vital_signs)) == 302
    one = Signature.objects.get()
    assert (one.scope, one.signer_name, one.signer_roles) == (scope, "The investigator", "investigator")
    assert one.meaning.startswith("I have reviewed")
    assert SignedRecord.objects.filter(signature=one, record_id=vital_signs.pk, revision=1).exists()
    event = AuditEvent.objects.get(action="sign")
    assert (event.record_id, event.actor_username) == (one.record_id, "investigator")
    assert scope in event.detail
    for page in (url_of(scope, vital_signs), f"/visits/{vital_signs.visit_id}/forms/vital_signs/"):
        text = site.get(page).content.decode()
        assert "The investigator" in text
        assert one.digest in text
        assert f"{one.appended_at:%Y-%m-%d %H:%M:%S} UTC" in text


@SCOPES
@pytest.mark.conformance(31)
def test_a_later_change_voids_the_signature_in_the_same_transaction(
    site: Client, vital_signs: VitalSigns, scope: str
) -> None:
    sign(site, url_of(scope, vital_signs))
    with transaction.atomic():
        change(vital_signs, heart_rate_bpm=90)
        assert not is_current()
        transaction.set_rollback(True)
    assert is_current(), "the change was undone, and with it the voiding"
    change(vital_signs, heart_rate_bpm=90)
    end = SignatureEnd.objects.get()
    assert (end.record_id, end.by_name) == (vital_signs.pk, "Anna A")
    assert "void" in AuditEvent.objects.get(action="void_signature").detail
    text = site.get(f"/visits/{vital_signs.visit_id}/forms/vital_signs/").content.decode()
    assert "Void since" in text
    assert "Sign again" in text
    assert sign(site, url_of(scope, vital_signs)) == 302
    assert is_current()


@pytest.mark.conformance(31)
def test_a_form_added_later_voids_the_signature_of_visit_and_casebook(
    site: Client, vital_signs: VitalSigns, visit: Visit
) -> None:
    for scope in ("form", "visit", "casebook"):
        sign(site, url_of(scope, vital_signs))
    create_record(Edss(patient=visit.patient, visit=visit, rater_step=Decimal("3.5")), actor=ANNA)
    assert [one.scope for one in Signature.objects.filter(end=None)] == ["form"]


def test_a_change_at_another_visit_leaves_a_visit_signed(site: Client, vital_signs: VitalSigns, visit: Visit) -> None:
    sign(site, url_of("visit", vital_signs))
    later = make_visit(visit.patient, "month_1", visit.visited_on)
    make_vital_signs(later)
    assert is_current()
    change(visit, visited_on=visit.visited_on.replace(day=2))
    assert not is_current()


def test_the_operators_form_is_in_no_scope_and_voids_nothing(
    site: Client, vital_signs: VitalSigns, patient: Patient
) -> None:
    sign(site, url_of("casebook", vital_signs))
    procedure = make_visit(patient, "procedure", vital_signs.assessed_on)
    sign(site, url_of("casebook", vital_signs))
    site.get(url_of("casebook", vital_signs))  # says once that it was signed
    before = site.get(url_of("casebook", vital_signs)).content.decode()
    made = create_record(Intervention(patient=patient, visit=procedure, status="draft"), actor=ANNA)
    correct_record(made, {"status": "complete"}, actor=ANNA, base_revision=1)
    assert Signature.objects.filter(end=None).count() == 1
    after = site.get(url_of("casebook", vital_signs)).content.decode()
    assert TOKEN.sub("", before) == TOKEN.sub("", after)


def test_what_changed_since_the_page_was_opened_is_not_signed(site: Client, vital_signs: VitalSigns) -> None:
    url = url_of("visit", vital_signs)
    seen = shown(site, url)
    change(vital_signs, heart_rate_bpm=90)
    response = site.post(url, {"meaning": "review", "password": PASSWORD, "shown": seen})
    assert response.status_code == 409
    assert "Something changed" in response.content.decode()
    assert not Signature.objects.exists()
    assert sign(site, url) == 302, "the page shows it anew, with its digest"


@pytest.mark.conformance(14)
def test_a_draft_is_not_signed(site: Client, visit: Visit) -> None:
    record = make_vital_signs(visit, status="draft")
    for scope in ("form", "visit", "casebook"):
        text = site.get(url_of(scope, record)).content.decode()
        assert "Vital signs is a draft" in text
        assert 'name="password"' not in text
        assert sign(site, url_of(scope, record), shown="0" * 64) == 409
    assert not Signature.objects.exists()


@pytest.mark.conformance(30)
def test_the_password_is_asked_again_and_failures_lock_the_account(site: Client, vital_signs: VitalSigns) -> None:
    url = url_of("form", vital_signs)
    seen = shown(site, url)
    assert sign(site, url, password="wrong", shown=seen) == 422
    assert AuditEvent.objects.filter(action="sign_in_failed").exists()
    for _ in range(5):
        sign(site, url, password="wrong", shown=seen)
    assert AuditEvent.objects.filter(action="locked_out").exists()
    sign(site, url, shown=seen)
    assert not Signature.objects.exists(), "the right password after the lock is refused too"


@pytest.mark.parametrize("sent", [{"meaning": "x"}, {"meaning": ""}, {"shown": "\x00"}, {"password": "\x00😀"}])
def test_odd_signatures_get_a_page(site: Client, vital_signs: VitalSigns, sent: dict[str, str]) -> None:
    assert sign(site, url_of("form", vital_signs), **{"shown": "x", **sent}) in (409, 422)
    assert not Signature.objects.exists()


def test_nobody_signs_the_same_twice(site: Client, vital_signs: VitalSigns) -> None:
    assert sign(site, url_of("form", vital_signs)) == 302
    assert sign(site, url_of("form", vital_signs)) == 409
    assert sign(site, url_of("form", vital_signs), meaning="approval") == 302


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signatures_signature SET signer_name = 'x'",
        "DELETE FROM signatures_signedrecord",
        "DELETE FROM signatures_signatureend",
        "INSERT INTO signatures_signatureend SELECT * FROM signatures_signatureend",
    ],
)
def test_the_database_keeps_signatures(site: Client, vital_signs: VitalSigns, statement: str) -> None:
    sign(site, url_of("form", vital_signs))
    change(vital_signs, heart_rate_bpm=90)
    with pytest.raises(DatabaseError, match="Trialsite:"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.conformance(29)
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE signatures_signature SET signer_name = 'Somebody Else'",
        "UPDATE signatures_signature SET meaning = 'I approve'",
        "UPDATE signatures_signature SET record_id = patient_id",
        "DELETE FROM signatures_signatureend",
        "copy",
    ],
)
def test_a_signature_copied_or_edited_in_the_database_is_found(
    site: Client, vital_signs: VitalSigns, forgery: str
) -> None:
    sign(site, url_of("form", vital_signs))
    change(vital_signs, heart_rate_bpm=90)
    assert list(verify_signatures()) == []
    with triggers_off(connection), connection.cursor() as cursor:
        if forgery == "copy":
            copied = Signature.objects.get()
            copied.pk = vital_signs.pk
            copied.save(force_insert=True)
        else:
            cursor.execute(forgery)
    assert list(verify_signatures())


def test_a_casebook_page_costs_the_same_whatever_is_signed(
    site: Client, vital_signs: VitalSigns, edss: Edss, django_assert_max_num_queries: object
) -> None:
    for scope in ("form", "visit", "casebook"):
        sign(site, url_of(scope, vital_signs))
    with django_assert_max_num_queries(10):  # type: ignore[operator]  # a fixture without types
        text = site.get(f"/patients/{vital_signs.patient_id}/").content.decode()
    assert "cell-signed" in text
