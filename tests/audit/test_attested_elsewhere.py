"""What people attested beside the forms is held against the trail: eligibility, reviews, remarks, trainings, snapshots."""

import pytest

from endpoints.actions.snapshot import make_snapshot
from enrollment.models import Eligibility
from enrollment.vault.models import DataSnapshot
from tests.audit.conftest import owner_sql, verify
from tests.cast import SignIn, make_user
from tests.enrollment.conftest import TODAY
from tests.enrollment.screening import screen
from tests.enrollment.test_eligibility import sign
from tests.records.conftest import make_patient
from tests.vault.conftest import make_sealed_list
from trialsite.accounts.actions import record_training
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import AccessReview, User
from trialsite.accounts.review import KEEP, list_accounts, sign_access_review
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.protocol.current import get_protocol
from trialsite.signatures.actions import sign_record
from trialsite.trail.actions import add_remark, sign_review
from trialsite.trail.gather import review_trail
from trialsite.trail.models import AuditReview, EventRemark
from trialsite.trail.selectors import TrailFilter
from visits.evidence import gather_evidence

pytestmark = [pytest.mark.django_db, pytest.mark.conformance(29)]
SOUND = "All is as it was written"


def test_a_signature_under_eligibility_is_computed_again(monitor: User, sign_in: SignIn) -> None:
    patient = make_patient("P2-001")
    screen(patient)
    sign(patient, get_protocol())
    assert verify().startswith(SOUND)
    answers = Eligibility.objects.get(patient=patient)
    history = sign_in(monitor).get(f"/history/eligibility/{answers.pk}/").content.decode()
    assert "Evidence that was signed" in history
    assert "facts, word for word in the export of the audit trail" in history
    subject = answers.subject()
    bogus = sign_record(subject, digest="d" * 64, meaning="m", actor=SYSTEM, evidence={"sex": "male"})
    bare = sign_record(subject, digest="d" * 64, meaning="m", actor=SYSTEM)
    said = verify()
    assert f"ALTERED   signature {bogus.pk}: the answers and the evidence" in said
    assert f"UNPROVEN  signature {bare.pk}: its event keeps no evidence" in said
    assert "ALTERED   chain" not in said
    assert said.count(" signature ") == 2
    assert gather_evidence(patient, get_protocol()).sex  # evidence is more than nothing


def test_reviews_remarks_trainings_and_snapshots_are_those_of_the_trail(
    admin: User, monitor: User, statistician: User
) -> None:
    make_sealed_list(4)
    person = make_user("newcomer", Role.COORDINATOR)
    User.objects.filter(pk=person.pk).update(training={})
    course = get_protocol().accounts.course("gcp")
    record_training(User.objects.get(pk=person.pk), course, on=TODAY, evidence="Certificate", actor=SYSTEM)
    lines = list_accounts(admin, None)
    sign_access_review(admin, lines, {line.id: (KEEP, "") for line in lines}, "All looked at")
    wanted = TrailFilter(from_on=TODAY, to_on=TODAY)
    sign_review(monitor, wanted, review_trail(monitor, wanted, get_protocol()), "Nothing found")
    add_remark(monitor, AuditEvent.objects.filter(is_restricted=False).first() or AuditEvent(), "Said by mistake")
    make_snapshot(statistician, "Interim")
    assert verify().startswith(SOUND)

    with owner_sql():
        kept = AccessReview.objects.get()
        changed = [{**line, "decision": "deactivate"} for line in kept.lines]
        AccessReview.objects.update(lines=changed)
        AuditReview.objects.update(finding_count=7)
        EventRemark.objects.update(text="Said on purpose")
        DataSnapshot.objects.update(sha256="0" * 64)
        trained = User.objects.get(pk=person.pk).training
        User.objects.filter(pk=person.pk).update(training={"gcp": {**trained["gcp"], "on": "2030-01-01"}})
    said = verify()
    for problem in (
        "ALTERED   access review of",
        "INSERTED  review of the trail by",
        "ALTERED   remark on the entry",
        "ALTERED   snapshot 1",
        "ALTERED   training gcp of newcomer",
    ):
        assert problem in said
    with owner_sql() as run:
        run("DELETE FROM accounts_accessreview")
        run("DELETE FROM trail_auditreview")
        run("DELETE FROM trail_eventremark")
        run("DELETE FROM vault_datasnapshot")
        User.objects.filter(pk=person.pk).update(training={})
    said = verify()
    for problem in ("access reviews", "reviews of the trail", "remark ", "snapshots", "training gcp of account"):
        assert f"DELETED   {problem}" in said
