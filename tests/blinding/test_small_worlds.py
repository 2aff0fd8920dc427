"""Two worlds of few patients: before the first draw, and after the release. Apart, for the demonstration stays as long as its module."""

from datetime import date
from random import Random

import pytest

from endpoints.actions.release import ask_release, confirm_release
from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from enrollment.vault.slots import void_next_slot
from tests.blinding.questions import ask_about
from tests.blinding.test_worlds import tell
from tests.endpoints.test_release import make_ready
from tests.vault.conftest import READY, make_patient, make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.proof.asking import Question
from trialsite.proof.people import KNOWING
from trialsite.proof.worlds import compare_questions
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.models import RestrictedFiring
from trialsite.queries.rules import Act
from trialsite.records.actions import create_record
from trialsite.trail.actions import add_remark, sign_review
from trialsite.trail.gather import review_trail
from trialsite.trail.selectors import TrailFilter
from visits.actions.questions import target_of
from visits.actions.telling import ask_to_think
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein
from visits.views import draw as draw_page
from visits.visit import Visit


@pytest.mark.django_db
def test_before_and_at_the_first_draw_both_worlds_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_page, "gather_readiness", lambda patient, protocol: READY)
    make_sealed_list(4)
    outcome = compare_questions(ask_about(make_patient(1)), Random(4))
    assert tell(outcome) == []
    assert outcome.views["draw"][302] >= len({Role.COORDINATOR, Role.INVESTIGATOR} & BLINDED)  # each of them drew


@pytest.mark.django_db
def test_after_the_release_only_the_statistician_reads_other_reports(statistician: User, data_manager: User) -> None:
    make_ready(statistician)
    protocol = get_protocol()
    asked = ask_release(statistician, protocol, reason="Final analysis")
    confirm_release(data_manager, protocol, shown=str(asked.pk))
    patient = Patient.objects.get(number="P2-001")
    pages = ("/release/", "/reports/", "/reports/lesions/", "/reports/lesions/rows.csv")
    readers = (Role.COORDINATOR, Role.DATA_MANAGER, Role.STATISTICIAN)
    reports = [Question(str(role), "get", page) for role in readers for page in pages]
    outcome = compare_questions([*ask_about(patient), *reports], Random(5))
    assert tell(outcome) == []
    assert outcome.seen_by[Role.STATISTICIAN] > 0
    assert outcome.views["report"][200] == len(readers)


@pytest.mark.django_db
def test_what_hangs_on_the_operators_forms_is_as_unseen_as_they_are(operator: User, statistician: User) -> None:
    """Questions about them, checks that refused one, reviews, remarks, messages, voided slots: three of each, others in the other world."""
    make_sealed_list(8)
    patients = [draw_allocation(make_patient(n), ready, SYSTEM) for n in range(1, 4)]
    for patient in patients:
        write_in_the_unblinded_room(patient, operator, statistician)
    others = (
        "/queries/",
        "/checks/",
        "/trail/",
        "/trail/review/",
        f"/trail/patients/{patients[0].pk}/",
        "/who-knows/",
        "/unblinded-messages/",
    )
    readers = (Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER, Role.ADMIN, *KNOWING)
    asked = [Question(str(role), "get", page) for role in readers for page in others]
    outcome = compare_questions([*ask_about(patients[0]), *asked], Random(7))
    assert tell(outcome) == []
    assert outcome.twin is not None
    assert min(outcome.twin.moved.values()) >= len(patients), outcome.twin.moved
    assert all(outcome.seen_by[role] > 1 for role in KNOWING)


def write_in_the_unblinded_room(patient: Patient, operator: User, statistician: User) -> None:
    """Everything that only unblinded people may read."""
    visit = create_record(Visit(patient=patient, planned_key="procedure", visited_on=date(2026, 2, 2)), actor=SYSTEM)
    form = Intervention(patient=patient, visit=visit, status="complete", assessed_on=visit.visited_on)
    form = create_record(form, actor=actor_of(operator))
    create_record(InterventionVein(parent=form, key="L_IJV"), actor=actor_of(operator))
    target = target_of(CRFS["intervention"], form)
    query = open_query(target, "How long was it?", actor=actor_of(statistician))
    act_on_query(query.pk, Act.ANSWER, "A minute.", actor=actor_of(operator))
    with open_gate():  # as an earlier version noted what a check asked
        RestrictedFiring._default_manager.create(form_key=target.form_key, record_id=form.pk, check_key="script")
    leave = ask_to_think(CRFS["vital_signs"], patient, operator)
    assert leave is not None
    leave.keep(form, ["sham"], "He was told.")
    about = AuditEvent.objects.filter(is_restricted=True, record_id=form.pk)[0]
    add_remark(statistician, about, "Seen.")
    period = TrailFilter(from_on=date(2026, 1, 1), to_on=clock.today())
    sign_review(statistician, period, review_trail(statistician, period, get_protocol()), "Nothing found")
    void_next_slot(get_protocol().phase(2), "all", "Torn", actor=actor_of(statistician))
