"""Whatever people do to a form beside entering values is told in the trail of its patient, by whom and in words."""

from dataclasses import replace

import pytest

from tests.cast import SignIn
from tests.marks.conftest import DAN, DORA, IVO, MONA
from tests.records.conftest import ANNA
from tests.trail.conftest import text_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.marks.actions import Item, Target, ask_unlock, put_lock, thaw, unlock, unverify, verify_items
from trialsite.marks.models import LockKind, Scope
from trialsite.queries.actions import open_query
from trialsite.records.actions import correct_record, log_event
from trialsite.signatures.actions import sign_scope
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import VitalSigns


@pytest.mark.conformance(27)
def test_completing_verifying_signing_closing_asking_and_printing_are_told(
    vital_signs: VitalSigns, data_manager: User, sign_in: SignIn
) -> None:
    form = vital_signs
    sent_back = correct_record(form, {"status": "draft"}, actor=ANNA, base_revision=1, action="reopen", reason="Again")
    form = correct_record(
        sent_back, {"status": "complete"}, actor=ANNA, base_revision=2, action="complete", reason="Again"
    )
    with open_gate():
        marks = verify_items(form.subject(), [Item(field="", label="Vital signs", digest="d" * 64)], actor=MONA)
        unverify([marks[0].pk], subject=form.subject(), reason="Wrong page of the source", actor=MONA)
    sign_scope(
        form.subject(),
        scope="form",
        label="Vital signs",
        parts=(),
        digest="d" * 64,
        meaning="I have read it",
        actor=IVO,
    )
    target = Target(scope=Scope.FORM, label="Vital signs", subject=form.subject())
    thaw(put_lock(target, LockKind.FREEZE, reason="", actor=DORA), reason="Looked at", actor=DORA)
    lock = put_lock(target, LockKind.LOCK, reason="Cleaned", actor=DORA)
    ask_unlock(lock, reason="One more value", actor=DORA)
    unlock(lock, actor=DAN)
    open_query(target_of(CRFS["vital_signs"], form), text="Is this right?", actor=MONA)
    log_event("print", actor=MONA, subject=replace(form.subject(), revision=None))
    told = text_of(sign_in(data_manager).get(f"/trail/patients/{form.patient_id}/"))
    for words in (
        "reopened as a draft",
        "completed",
        "verified against the source",
        "no longer verified",
        "signed",
        "frozen",
        "freeze ended",
        "locked",
        "unlock asked for",
        "unlocked",
        "asked",
        "printed",
    ):
        assert f": {words}" in told or f">{words.capitalize()}<" in told, words
    for name in ("Mona M", "Ivo I", "Dora D", "Dan E", "Anna A"):
        assert f"By {name}" in told
