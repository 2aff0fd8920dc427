"""A small trail, and the hands of somebody who owns the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.database import triggers_off
from tests.records.conftest import ANNA, BEN, make_patient, make_visit
from trialsite.records.actions import correct_record, create_record
from visits.models import VitalSigns

Sql = Callable[..., None]


@pytest.fixture
def trail(db: None) -> VitalSigns:
    """A form with six revisions; its patient's chain has eight entries: patient, visit, form, five corrections."""
    visit = make_visit(make_patient())
    form = create_record(
        VitalSigns(patient=visit.patient, visit=visit, assessed_on=visit.visited_on, heart_rate_bpm=70), actor=ANNA
    )
    for revision in range(1, 6):
        form = correct_record(
            form, {"heart_rate_bpm": 70 + revision}, actor=BEN, base_revision=revision, reason="Transcription error"
        )
    return form


@contextmanager
def owner_sql() -> Iterator[Sql]:
    """Run SQL as the owner of the database, who has put the triggers aside."""

    def run(sql: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [connection.ops.adapt_unknown_value(value) for value in parameters])

    with triggers_off(connection):
        yield run


def verify(**options: Any) -> str:
    """What the command says; its problems, when it finds some."""
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, no_color=True, **options)
    except CommandError as error:
        return said.getvalue() + str(error)
    return said.getvalue()
