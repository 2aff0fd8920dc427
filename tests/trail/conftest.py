"""A patient whose form was entered, completed and corrected, with one restricted event in between."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.audit.conftest import trail  # noqa: F401 - a fixture
from tests.records.conftest import ANNA
from trialsite.audit.write import Subject
from trialsite.records.actions import log_event
from visits.models import VitalSigns

SECRET = "the balloon was inflated"


@pytest.fixture
def story(trail: VitalSigns) -> VitalSigns:  # noqa: F811 - the fixture above
    about = Subject(patient_id=trail.patient_id, site_code="UB", is_restricted=True)
    log_event("reveal_arm", actor=ANNA, subject=about, detail=SECRET)
    return trail


def text_of(response: Any) -> str:
    body = b"".join(response) if response.streaming else response.content
    return str(body.decode())


Text = Callable[[Any], str]
