"""Queries that are composed once: what they find when nothing can fit, and what is told when a row is gone."""

import uuid

import pytest
from django.db import DatabaseError

from trialsite.audit.gate import open_gate
from trialsite.lib.prepared import update
from trialsite.queries.selectors import Scope, count_by_form
from visits.models import VitalSigns
from visits.selectors import get_visits


def test_whoever_may_see_nothing_counts_nothing(vital_signs: VitalSigns) -> None:
    for sites in (None, frozenset[str]()):
        assert count_by_form(Scope(form_keys=frozenset(), site_codes=sites), vital_signs.patient_id) == {}


def test_the_same_query_finds_what_each_value_asks_for(vital_signs: VitalSigns) -> None:
    (visit,) = get_visits(vital_signs.patient)
    assert (visit.pk, visit.visited_on, visit.revision) == (vital_signs.visit_id, vital_signs.visit.visited_on, 1)
    other = type(vital_signs.patient)(pk=uuid.uuid4())
    assert get_visits(other) == []
    assert get_visits(vital_signs.patient) == [visit]


def test_a_row_that_is_gone_cannot_be_changed(vital_signs: VitalSigns) -> None:
    vital_signs.pk = uuid.uuid4()
    with pytest.raises(DatabaseError, match="not stored any more"), open_gate():
        update(vital_signs, ["heart_rate_bpm"])
