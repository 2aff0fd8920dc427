"""Two worlds of few patients: before the first draw, and after the release. Apart, for the demonstration stays as long as its module."""

from random import Random

import pytest

from endpoints.actions.release import ask_release, confirm_release
from enrollment.models import Patient
from tests.blinding.questions import ask_about
from tests.blinding.test_worlds import tell
from tests.endpoints.test_release import make_ready
from tests.vault.conftest import READY, make_patient, make_sealed_list
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.proof.asking import Question
from trialsite.proof.worlds import compare_questions
from trialsite.protocol.current import get_protocol
from visits.views import draw as draw_page


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
