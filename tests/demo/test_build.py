"""A few synthetic patients: what they leave behind, and that nothing half-built stays."""

from collections import Counter
from dataclasses import replace

import pytest

from enrollment.models import Patient, PatientStatus
from enrollment.selectors.worklist import get_worklist
from enrollment.vault.models import AllocationSeal, AllocationSlot
from trialsite.accounts.demo_cast import DEMO_PASSWORD, make_demo_cast
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.demo.build import build_trial, count_visits, is_built, plan_trial
from trialsite.demo.desk import PaperRefusedError
from trialsite.demo.plan import Candidate, current_candidates, finished_candidates
from trialsite.lib import clock
from trialsite.marks.models import Verification
from trialsite.protocol.current import get_protocol
from trialsite.signatures.models import Signature
from visits.agenda import get_agenda
from visits.models import Deviation, Intervention, Mri, RelapseCheck
from visits.visit import Visit, VisitStatus

pytestmark = pytest.mark.django_db


def pick(*, failing: int = 0, opened: int = 0, randomized: int = 0) -> list[Candidate]:
    everybody = finished_candidates()
    return [
        *[one for one in everybody if one.phase_number == 1][:opened],
        *[one for one in everybody if one.fails][:failing],
        *[one for one in everybody if one.phase_number == 2 and not one.fails][:randomized],
    ]


def build(candidates: list[Candidate]) -> int:
    """Build, and return how many visits the progress bar heard of."""
    heard: list[None] = []
    build_trial(candidates, get_protocol(), on_visit=lambda: heard.append(None))
    return len(heard)


def test_everybody_comes_to_the_planned_end() -> None:
    candidates = pick(failing=1, opened=1, randomized=2)
    assert build(candidates) == count_visits(candidates)
    states = Counter(Patient.objects.values_list("phase_number", "status"))
    assert states == {
        (1, PatientStatus.COMPLETED): 1,
        (2, PatientStatus.SCREEN_FAILED): 1,
        (2, PatientStatus.COMPLETED): 2,
    }
    scopes = Counter(Signature.objects.filter(end=None).values_list("scope", flat=True))
    assert scopes == {"eligibility": 3, "casebook": 2}
    assert Verification.objects.filter(end=None).exists()
    assert Intervention.objects.count() == 3
    assert is_built()


def test_the_trail_grows_in_the_order_of_time_and_names_people() -> None:
    build(pick(opened=2))
    moments = list(AuditEvent.objects.order_by("id").values_list("at", flat=True))
    assert moments == sorted(moments)
    actors = set(AuditEvent.objects.exclude(patient_id=None).values_list("actor_username", flat=True))
    assert {"coordinator", "investigator", "assessor", "operator"} <= actors
    # A form is entered on or after the day it speaks of.
    assert all(record.assessed_on <= record.recorded_at.date() for record in Mri.objects.all())


def test_the_list_is_sealed_before_the_first_draw_and_lasts_for_more() -> None:
    build(pick(randomized=1))
    seal = AllocationSeal.objects.get()
    drawn = AuditEvent.objects.get(action="draw_slot")
    assert seal.appended_at < drawn.at
    assert AllocationSlot.objects.count() >= get_protocol().phase(2).planned_n + 20


def test_accounts_are_those_of_the_sign_in_page() -> None:
    build([])
    cast = {account.username: account.access.roles for account in make_demo_cast(get_protocol())}
    assert {user.username: tuple(user.roles) for user in User.objects.all()} == cast
    assert all(user.check_password(DEMO_PASSWORD) for user in User.objects.all())


def test_every_state_can_be_met_today() -> None:
    build(current_candidates(clock.today(), "US"))
    states = Counter(Patient.objects.values_list("status", flat=True))
    assert states == {PatientStatus.ENROLLED: 4, PatientStatus.ELIGIBLE: 1, PatientStatus.SCREENING: 2}
    worklist = get_worklist(User.objects.get(username="operator"), get_protocol())
    assert [patient.number for patient in worklist] == ["P1-004"]
    agenda = get_agenda(User.objects.get(username="coordinator"))
    assert "Month 1" in {task.what for task in agenda.overdue}
    assert {"Month 1", "Month 3", "Screening", "Baseline"} <= {task.what for task in agenda.due}
    assert {task.what for task in agenda.incomplete} == {"24 hours", "Screening"}
    late = Deviation.objects.get()
    assert (late.category, late.raised_by_system) == ("window", True)
    assert Visit.objects.filter(visited_on__gt=clock.today()).count() == 0


def test_what_lies_in_the_future_has_not_happened() -> None:
    """A patient of the finished trial, had it begun a month ago."""
    late = replace(pick(opened=1)[0], consented_on=plan_trial(clock.today(), get_protocol())[-3].consented_on)
    build([late])
    assert Patient.objects.get().status != PatientStatus.COMPLETED
    assert AuditEvent.objects.filter(at__gt=clock.now()).count() == 0


def test_a_missed_visit_and_one_without_mri_are_recorded_as_such() -> None:
    everybody = finished_candidates()
    build([everybody[2], everybody[9]])
    with_pacemaker, abroad = Patient.objects.order_by("number")
    done = Mri.objects.filter(patient=with_pacemaker).order_by("assessed_on").values_list("is_scan_done", flat=True)
    assert list(done) == [True, False, False, False]
    assert Visit.objects.get(status=VisitStatus.MISSED).patient == abroad


def test_a_relapse_is_counted_once_over_all_checks() -> None:
    build([finished_candidates()[4]])
    checks = RelapseCheck.objects.order_by("assessed_on").values_list("new_relapses", "total_relapses")
    assert sum(new for new, _ in checks) == 1
    assert [total for _, total in checks] == [0, 0, 0, 1, 1, 1]


def test_a_paper_that_the_product_refuses_ends_the_build_and_leaves_nothing() -> None:
    first, second = pick(opened=2)
    twins = [first, replace(second, person=replace(second.person, height_cm=20))]
    with pytest.raises(PaperRefusedError, match=r"P1-002, demographics .*height_cm: Must be between 100 and 230 cm"):
        build(twins)
    assert not is_built()
    assert not AuditEvent.objects.exists()
    assert not Patient.objects.exists()
