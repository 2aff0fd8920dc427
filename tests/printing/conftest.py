"""A signed form, one with a reason for a missing item, an open data query, and an operator's form; all entered on days of 2011."""

import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from enrollment.models import Patient
from tests.marks.conftest import IVO, make_vital_signs
from tests.records.conftest import ANNA, give_consent, make_patient, make_visit
from trialsite.accounts.models import User
from trialsite.audit.actor import Actor
from trialsite.jobs import store
from trialsite.jobs.actions import ask_for
from trialsite.jobs.models import Job, JobState
from trialsite.jobs.work import BENCH, perform
from trialsite.lib import clock
from trialsite.management.makers import MAKERS
from trialsite.protocol.current import get_protocol
from trialsite.queries.actions import open_query
from trialsite.records.actions import create_record
from visits.actions.marks import sign_reach
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import Intervention, VitalSigns
from visits.reach import read_content
from visits.views.loaders import make_form_reach
from visits.visit import Visit

SECRET = "the second balloon was inflated twice"
MONA = Actor(user_id="m", username="mona", full_name="Mona M", roles="monitor")


def at(day: int) -> datetime:
    return datetime(2011, 3, day, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def _makers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BENCH, "makers", MAKERS)


@pytest.fixture
def vital_signs(db: None) -> VitalSigns:
    """Registered on March 1, seen and entered on the 2nd, queried on the 3rd and signed on the 4th."""
    with clock.held_at(at(1)):
        patient = make_patient()
        give_consent(patient)
    with clock.held_at(at(2)):
        visit = make_visit(patient, on=date(2011, 3, 2))
        absent = {"temperature_c": {"code": "not_done", "reason": "thermometer broken"}}
        form = make_vital_signs(visit, temperature_c=None, absent=absent, height_cm=170, weight_kg=70)
    with clock.held_at(at(3)):
        open_query(target_of(CRFS["vital_signs"], form), "Was the cuff the right size?", actor=MONA)
    with clock.held_at(at(4)):
        sign(form)
    return form


def sign(form: VitalSigns) -> None:
    definition = CRFS["vital_signs"]
    form = VitalSigns.objects.select_related("patient", "visit").get(pk=form.pk)
    reach = make_form_reach(definition, form)
    digest = read_content(reach, [definition]).digest
    sign_reach(reach, [definition], shown_digest=digest, meaning="Reviewed", protocol=get_protocol(), actor=IVO)


def enter_intervention(patient: Patient) -> None:
    """What an operator enters, on the day after everything else."""
    with clock.held_at(at(5)):
        visit = Visit.objects.get(patient=patient)
        create_record(
            Intervention(patient=patient, visit=visit, assessed_on=visit.visited_on, notes=SECRET), actor=ANNA
        )


def make(user: User, kind: str, **parameters: object) -> Path:
    """Have a file made, as the worker does; what could not be made fails with what its owner reads."""
    job = ask_for(user, kind, "A file", {**parameters})
    perform(job.pk)
    job = Job.objects.get(pk=job.pk)
    assert job.state == JobState.DONE, job.problem
    return store.path_of(job.pk)


def read_text(path: Path) -> str:
    """The words of a PDF, as poppler reads them, in one line."""
    read = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)  # noqa: S607
    return re.sub(r"\s+", " ", read.stdout)


def ask_poppler(*arguments: "str | Path") -> str:
    return subprocess.run(["pdfinfo", *arguments], capture_output=True, check=True, text=True).stdout  # noqa: S607


def read_bookmarks(path: Path) -> list[str]:
    """The bookmarks of a PDF, in their order."""
    command = ["pdftohtml", "-xml", "-i", "-stdout", str(path)]
    read = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return re.findall(r"<item[^>]*>([^<]*)</item>", read)
