"""A signature, a lock or a verification at the same instant as an edit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests.marks.conftest import DORA, IVO, MONA, make_edss, make_vital_signs
from tests.records.conftest import ANNA, make_patient, make_visit
from trialsite.audit.models import AuditEvent
from trialsite.marks.actions import LockedError, MarkRefusedError, put_lock
from trialsite.marks.models import LockKind, Verification
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record
from trialsite.signatures.models import Signature
from visits.actions.marks import Claim, sign_reach, verifiable_items, verify_reach
from visits.crfs.registry import CRFS
from visits.models import Edss, VitalSigns
from visits.reach import Reach, read_content
from visits.views.loaders import make_casebook_reach, make_visit_reach

DEFINITIONS = [one for one in CRFS.values() if not one.is_restricted]
Act = Callable[[], Any]


def together(*acts: Act) -> list[Any]:
    """What each act returned, or the exception of ours that it raised; all started at the same instant."""
    start = Barrier(len(acts))

    def run(act: Act) -> Any:
        start.wait()
        try:
            return act()
        except (MarkRefusedError, LockedError) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def make_signed_reach(number: int) -> tuple[VitalSigns, Reach]:
    visit = make_visit(make_patient(f"P2-{number:03}"))
    record = make_vital_signs(visit)
    return record, make_casebook_reach(visit.patient) if number % 2 else make_visit_reach(visit)


@pytest.mark.django_db(transaction=True)
@pytest.mark.conformance(31)
@pytest.mark.parametrize("number", range(1, 9))
def test_a_signature_is_never_current_over_content_that_was_not_shown(number: int) -> None:
    record, reach = make_signed_reach(number)
    shown = read_content(reach, DEFINITIONS).digest

    def sign() -> Signature:
        about = {"meaning": "I have reviewed it", "protocol": get_protocol(), "actor": IVO}
        return sign_reach(reach, DEFINITIONS, shown_digest=shown, **about)  # type: ignore[arg-type]  # of several kinds

    def edit() -> VitalSigns:
        return correct_record(record, {"heart_rate_bpm": 91}, actor=ANNA, base_revision=1, reason="late")

    signed, edited = together(sign, edit)
    assert edited.revision == 2, "the edit is always stored"
    assert not Signature.objects.filter(end=None).exists()
    actions = list(AuditEvent.objects.filter(action__in=("sign", "void_signature")).values_list("action", flat=True))
    if isinstance(signed, MarkRefusedError):
        assert actions == []
    else:
        assert (signed.digest, actions) == (shown, ["sign", "void_signature"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(1, 5))
def test_nothing_is_stored_after_a_lock_was_put(number: int) -> None:
    record, reach = make_signed_reach(number)

    def lock() -> str:
        with_revision = put_lock(reach.target, LockKind.LOCK, reason="", actor=DORA)
        return str(with_revision.kind)

    def edit() -> VitalSigns:
        return correct_record(record, {"heart_rate_bpm": 91}, actor=ANNA, base_revision=1, reason="late")

    locked, edited = together(lock, edit)
    assert locked == "lock"
    order = list(
        AuditEvent.objects.filter(action__in=("lock", "correct")).order_by("id").values_list("action", flat=True)
    )
    assert order == (["lock"] if isinstance(edited, LockedError) else ["correct", "lock"])
    assert VitalSigns.objects.get().revision == (1 if isinstance(edited, LockedError) else 2)


@pytest.mark.django_db(transaction=True)
def test_two_edits_under_one_signature_void_it_once() -> None:
    record, reach = make_signed_reach(1)
    other = make_vital_signs(make_visit(record.patient, "month_1"))
    shown = read_content(reach, DEFINITIONS).digest
    about: dict[str, Any] = {"meaning": "I have reviewed it", "protocol": get_protocol(), "actor": IVO}
    sign_reach(reach, DEFINITIONS, shown_digest=shown, **about)

    def edit(form: VitalSigns) -> Act:
        return lambda: correct_record(form, {"heart_rate_bpm": 91}, actor=ANNA, base_revision=1, reason="late")

    assert [stored.revision for stored in together(edit(record), edit(other))] == [2, 2]
    assert AuditEvent.objects.filter(action="void_signature").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(1, 5))
def test_a_verification_never_holds_over_a_value_that_was_not_compared(number: int) -> None:
    patient = make_patient(f"P2-{number:03}")
    exam = make_edss(make_visit(patient))
    reach = make_casebook_reach(patient)
    (form,) = read_content(reach, DEFINITIONS).forms
    item = verifiable_items(form, get_protocol())["rater_step"]
    claim = Claim(exam.pk, item.field, item.digest)

    def compare() -> int:
        return verify_reach(reach, DEFINITIONS, [claim], protocol=get_protocol(), actor=MONA)

    def edit() -> Edss:
        return correct_record(exam, {"rater_step": Decimal("4.0")}, actor=ANNA, base_revision=1, reason="late")

    compared, edited = together(compare, edit)
    assert edited.revision == 2, "the edit is always stored"
    assert not Verification.objects.filter(end=None).exists()
    assert Verification.objects.count() == (0 if isinstance(compared, MarkRefusedError) else 1)
    call_command("verify_audit", stdout=StringIO())
