"""Throwing a demo away, in a database of its own: full tables, triggers and all."""

import pytest
from django.db import DatabaseError, connection, transaction

from trialsite.accounts.models import User
from trialsite.demo.build import build_trial
from trialsite.demo.plan import finished_candidates
from trialsite.demo.store import Found, look, throw_away
from trialsite.protocol.current import get_protocol
from visits.models import VitalSigns

# `empty_database` is one nobody else uses, so committing is fine here.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_database")]


def build_one(*, fails: bool = False) -> None:
    """A patient of the first phase, from consent to the last visit, or one who fails the screening."""
    candidates = [one for one in finished_candidates() if one.fails == fails and (fails or one.phase_number == 1)]
    build_trial(candidates[:1], get_protocol())


def test_everything_goes_and_can_be_built_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_somebody_else (id integer)")
    build_one()
    throw_away()
    assert look() is Found.NOTHING
    assert "of_somebody_else" in connection.introspection.table_names()
    build_one(fails=True)
    assert look() is Found.DEMO
    assert User.objects.count() == 9


def test_the_new_tables_are_guarded_like_the_old() -> None:
    throw_away()
    build_one()
    with pytest.raises(DatabaseError, match="Trialsite"), transaction.atomic():
        VitalSigns._base_manager.all()._raw_delete(connection.alias)
    assert VitalSigns.objects.exists()
