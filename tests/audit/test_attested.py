"""What was signed, verified and locked, held against the trail: whatever does not agree, `verify_audit` names."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import QuerySet

from tests.audit.conftest import owner_sql, verify
from tests.marks.conftest import DORA, IVO, MONA, make_edss, make_vital_signs
from tests.records.conftest import ANNA, BEN, give_consent, make_patient, make_visit
from trialsite.audit.write import Subject
from trialsite.marks.actions import put_lock, thaw
from trialsite.marks.models import Lock, LockEnd, LockKind, Verification, VerificationEnd
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from trialsite.records.critical import digest_of_parts
from trialsite.records.models import ClinicalRecord
from trialsite.signatures.actions import Part, sign_record, sign_scope
from trialsite.signatures.models import Signature, SignatureEnd, SignedRecord
from visits.actions.marks import Claim, sign_reach, verifiable_items, verify_reach
from visits.crfs.registry import CRFS
from visits.models import Doppler, DopplerFinding, Edss
from visits.reach import Reach, read_content
from visits.views.loaders import make_casebook_reach, make_form_reach, make_visit_reach

pytestmark = [pytest.mark.conformance(29), pytest.mark.django_db]
DEFINITIONS = [one for one in CRFS.values() if not one.is_restricted]
SOUND = "All is as it was written"


@pytest.fixture
def edss() -> Edss:
    """An examination, vital signs and a form with a grid, at one visit."""
    patient = make_patient()
    give_consent(patient)
    visit = make_visit(patient)
    make_vital_signs(visit)
    doppler = create_record(
        Doppler(patient=patient, visit=visit, assessed_on=visit.visited_on, status="complete"), actor=ANNA
    )
    for key in ("R_DCV_supine", "L_DCV_supine"):
        create_record(DopplerFinding(parent=doppler, key=key, flow="normal"), actor=ANNA)
    return make_edss(visit)


def sign(reach: Reach) -> Signature:
    shown = read_content(reach, DEFINITIONS).digest
    return sign_reach(
        reach, DEFINITIONS, shown_digest=shown, meaning="I have reviewed it", protocol=get_protocol(), actor=IVO
    )


def check_against_source(edss: Edss, *fields: str) -> None:
    reach = make_form_reach(CRFS["edss"], edss)
    (form,) = read_content(reach, DEFINITIONS).forms
    items = verifiable_items(form, get_protocol())
    claims = [Claim(edss.pk, field, items[field].digest) for field in fields]
    assert verify_reach(reach, DEFINITIONS, claims, protocol=get_protocol(), actor=MONA) == len(fields)


def correct(record: ClinicalRecord, **values: Any) -> None:
    stored = type(record)._base_manager.get(pk=record.pk)
    correct_record(stored, values, actor=BEN, base_revision=stored.revision, reason="late")


def reaches(edss: Edss) -> list[Reach]:
    return [
        make_casebook_reach(edss.patient),
        make_visit_reach(edss.visit),
        make_form_reach(CRFS["edss"], edss),
        make_form_reach(CRFS["doppler"], Doppler.objects.get()),
    ]


def test_all_that_was_attested_is_sound_at_every_revision(edss: Edss) -> None:
    """Also when the records have moved on since: the old content is told by the trail."""
    signatures = [sign(reach) for reach in reaches(edss)]
    check_against_source(edss, "", "rater_step")
    assert verify().startswith(SOUND)
    correct(edss, rater_step=Decimal("4.0"))
    correct(DopplerFinding.objects.get(key="R_DCV_supine"), flow="reflux")
    create_record(DopplerFinding(parent=Doppler.objects.get(), key="R_DCV_sitting", flow="normal"), actor=ANNA)
    assert SignatureEnd.objects.count() == len(signatures)
    assert VerificationEnd.objects.count() == 2
    check_against_source(Edss.objects.get(), "", "rater_step")
    for reach in reaches(Edss.objects.get()):
        sign(reach)
    put_lock(reaches(edss)[0].target, LockKind.FREEZE, reason="", actor=DORA)
    thaw(Lock.objects.get(), reason="done", actor=DORA)
    assert verify().startswith(SOUND)


# -- what the product itself would have forgotten to do


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product with a fault: no change ends any mark."""
    monkeypatch.setattr("trialsite.records.actions._end_marks", lambda *args: None)


@pytest.mark.conformance(31)
@pytest.mark.usefixtures("forgetful")
def test_a_signature_that_outlived_a_change_is_named(edss: Edss) -> None:
    signatures = [sign(reach) for reach in reaches(edss)]
    correct(edss, rater_step=Decimal("4.0"))
    said = verify()
    for signature in signatures[:3]:
        assert (
            f"STALE     signature {signature.pk}: it still counts, but it is bound to revision 1 of visits.edss {edss.pk}"
            in said
        )
    assert str(signatures[3].pk) not in said, "the other form did not change"


@pytest.mark.conformance(31)
@pytest.mark.usefixtures("forgetful")
def test_a_signature_that_outlived_a_change_in_a_grid_is_named(edss: Edss) -> None:
    signatures = [sign(reach) for reach in reaches(edss)]
    correct(DopplerFinding.objects.get(key="R_DCV_supine"), flow="reflux")
    said = verify()
    for signature in (signatures[0], signatures[1], signatures[3]):
        assert f"STALE     signature {signature.pk}: it still counts, but visits.doppler" in said
    assert str(signatures[2].pk) not in said


@pytest.mark.conformance(31)
@pytest.mark.usefixtures("forgetful")
def test_a_signature_that_outlived_a_new_form_is_named(edss: Edss) -> None:
    signatures = [sign(reach) for reach in reaches(edss)]
    other = make_vital_signs(make_visit(edss.patient, "month_1"))
    said = verify()
    assert (
        f"STALE     signature {signatures[0].pk}: it still counts, but visits.visit {other.visit_id} was added" in said
    )
    assert str(signatures[1].pk) not in said


@pytest.mark.usefixtures("forgetful")
def test_a_verification_that_outlived_its_value_is_named(edss: Edss) -> None:
    check_against_source(edss, "", "rater_step")
    correct(edss, rater_step=Decimal("4.0"))
    marks = {mark.field: mark for mark in Verification.objects.all()}
    said = verify()
    for mark in marks.values():
        assert f"STALE     verification {mark.pk} ({mark.label}): it still counts" in said


def test_a_signature_of_what_was_never_stored_is_named(edss: Edss) -> None:
    """Given through the product's own gate, with a digest of something else, or of a revision that does not exist."""
    for revision, digest, says in ((1, "f" * 64, "does not give the digest"), (7, "f" * 64, "bound to revision 7")):
        part = Part(record_kind="visits.edss", record_id=edss.pk, revision=revision, digest=digest)
        about = edss.subject()
        with_parts = sign_scope(about, scope="form", label="x", parts=[part], digest=_of(part), meaning="m", actor=IVO)
        said = verify()
        assert f"ALTERED   signature {with_parts.pk}" in said
        assert says in said
    subject = Subject(patient_id=edss.patient_id, record_kind="visits.edss", record_id=edss.pk, revision=9)
    bare = sign_record(subject, digest="d" * 64, meaning="m", actor=IVO)
    assert f"ALTERED   signature {bare.pk}: it is bound to revision 9" in verify()


def _of(part: Part) -> str:
    return digest_of_parts([(part.record_kind, part.record_id, part.revision, part.digest)])


# -- the hands of the owner


def alter(model: type[Any], **values: Any) -> Callable[[], Any]:
    return lambda: QuerySet(model).update(**values)


def copy_verification() -> None:
    mark = Verification.objects.get(field="rater_step")
    mark.pk = uuid4()
    mark.save(force_insert=True)


def end_lock() -> None:
    LockEnd.objects.create(lock=Lock.objects.get(), reason="x", by_username="x", by_name="x")


def end_verification() -> None:
    mark = Verification.objects.get(field="rater_step")
    VerificationEnd.objects.create(verification=mark, reason="x", by_username="x", by_name="x")


HANDS: dict[str, tuple[Callable[[], Any], str]] = {
    "digest of a part": (alter(SignedRecord, digest="0" * 64), "the list of the records it covers was altered"),
    "revision of a part": (alter(SignedRecord, revision=2), "the list of the records it covers was altered"),
    "a part taken away": (
        lambda: QuerySet(SignedRecord).filter(record_kind="visits.edss").delete(),
        "ALTERED   signature",
    ),
    "digest verified": (alter(Verification, digest="0" * 64), "does not give the digest that was verified"),
    "revision verified": (alter(Verification, revision=5), "bound to revision 5, which did not exist"),
    "verification copied": (copy_verification, "INSERTED  verification"),
    "verification deleted": (lambda: QuerySet(Verification).delete(), "DELETED   verification"),
    "verification ended": (end_verification, "INSERTED  verifications of patient"),
    "lock deleted": (lambda: QuerySet(Lock).delete(), "DELETED   marks on"),
    "lock opened": (end_lock, "INSERTED  marks on"),
    "lock moved": (alter(Lock, target_id=uuid4()), "INSERTED  marks on"),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_the_owner_does_to_marks_is_named(edss: Edss, hand: str) -> None:
    sign(make_form_reach(CRFS["edss"], edss))
    check_against_source(edss, "rater_step")
    put_lock(reaches(edss)[0].target, LockKind.LOCK, reason="x", actor=DORA)
    act, says = HANDS[hand]
    with owner_sql():
        act()
    assert says in verify()
