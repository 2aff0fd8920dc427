"""An open data query at a restricted form is no query of the product: nobody stores one, and one that was put there is neither shown nor followed."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tests.audit.conftest import verify
from tests.cast import SignIn
from tests.records.conftest import give_consent, make_patient, make_visit
from tests.vault.conftest import overwrite
from tests.vault.installation import make_roles, set_rights
from tests.vault.test_database_roles import blinded_process
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.queries.actions import open_query
from trialsite.queries.models import RESTRICTED_FORMS, RESTRICTED_KINDS, CheckFiring, DataQuery, QueryMessage
from trialsite.records.models import ClinicalRecord
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS
from visits.models import Intervention, InterventionVein, Visit

ON = date(2011, 2, 8)
VEIN = {"is_examined": "yes", "venography_stenosis_pct": "70", "inflation_count": "1"}
CELLS = {f"veins.L_IJV.{column}": value for column, value in VEIN.items()}
# As somebody writes who knows the tables: for a check that asks where a balloon was inflated.
PLANT = """
INSERT INTO queries_dataquery (id, revision, recorded_at, recorded_by, changed_at, changed_by, site_code, patient_id, patient_number, visit_id,
    visit_label, form_key, record_kind, record_id, field, field_label, is_restricted, origin, check_key, fingerprint, state, closed_how, closed_by,
    opened_by, opened_by_name, opened_at, message_count, last_message, last_by)
VALUES (%s, 1, now(), 'x', now(), 'x', 'UB', %s, 'P2-001', %s, 'procedure', %s, %s, %s, '', 'x', false, %s, 'L_IJV_device_lot_missing', '', %s,
    '', '', 'x', 'Planted', now(), 0, 'Which lot?', 'x')
"""
MOVE = "UPDATE queries_dataquery SET form_key = 'intervention', revision = 2, changed_at = now() WHERE id = %s"
GATE = "SELECT set_config('trialsite.gate', 'open', true)"
EVENT = """
INSERT INTO audit_auditevent (public_id, at, action, actor_id, actor_username, actor_name, actor_roles, reason, detail, site_code, visit_label,
    record_kind, record_id, revision, is_restricted)
VALUES (gen_random_uuid(), now(), 'open_query', '', 'x', 'x', '', '', '', '', '', 'queries.dataquery', %s, %s, false)
"""


def test_the_lists_beside_the_model_name_every_restricted_form_and_its_rows() -> None:
    assert set(RESTRICTED_FORMS) == {key for key, definition in CRFS.items() if definition.is_restricted}
    records = [model for model in apps.get_models() if issubclass(model, ClinicalRecord) and model.IS_RESTRICTED]
    assert set(RESTRICTED_KINDS) == {model._meta.label_lower for model in records}


def make_treated() -> Visit:
    patient = make_patient()
    give_consent(patient)
    return make_visit(patient, "procedure", ON)


def save(browser: Client, visit: Visit, base: int = 0, **values: Any) -> None:
    sent = {"intent": "save", "base_revision": str(base), "assessed_on": ON.isoformat(), **CELLS, **values}
    if base:
        sent |= {f"base-{name}": value for name, value in CELLS.items()}
    assert browser.post(f"/visits/{visit.pk}/restricted/intervention/", sent).status_code == 302


@contextmanager
def constraint_off() -> Iterator[None]:
    """As a database was before it had the constraint."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "PRAGMA ignore_check_constraints = ON"
            if is_sqlite
            else "ALTER TABLE queries_dataquery DROP CONSTRAINT query_as_restricted_as_its_form"
        )
    yield
    if is_sqlite:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.django_db
def test_one_that_was_put_there_is_neither_shown_nor_followed(operator: User, sign_in: SignIn) -> None:
    visit, browser = make_treated(), sign_in(operator)
    save(browser, visit)
    form = Intervention.objects.get()
    asked = [open_query(target_of(CRFS["intervention"], form), "Which vein?", actor=SYSTEM) for _ in range(2)]
    assert verify().startswith("All is as it was written")
    with constraint_off():
        overwrite(asked[1], is_restricted=False, origin="check", check_key="L_IJV_device_lot_missing")
        page = browser.get(f"/visits/{visit.pk}/restricted/intervention/").content.decode()
        assert f"/queries/{asked[0].pk}/" in page
        assert "A balloon was inflated" in page
        for shown in (page, *(browser.get(url).content.decode() for url in ("/queries/", "/"))):
            assert str(asked[1].pk) not in shown
        assert str(asked[0].pk) in browser.get("/queries/").content.decode()
        for one, status in zip(asked, (302, 404), strict=True):
            answer = browser.post(f"/queries/{one.pk}/", {"act": "answer", "text": "The left one."})
            assert answer.status_code == status
        save(browser, visit, 1, notes="More")
        assert Intervention.objects.get().revision == 2
        assert DataQuery.objects.get(pk=asked[1].pk).message_count == 1
        assert DataQuery.objects.count() == 2
        assert not CheckFiring.objects.exists()
        said = verify()
        assert f"ALTERED   data query {asked[1].pk}: it is not as restricted as the form" in said
        assert f"ALTERED   message 1 of data query {asked[1].pk}: it is not as restricted as its query" in said
        assert f"data query {asked[0].pk}" not in said
        overwrite(asked[1], is_restricted=True)


def write(query_id: uuid.UUID, revision: int, sql: str, parameters: Sequence[Any]) -> None:
    """By hand, as far as the guards of the tables let anybody."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GATE)
        cursor.execute(EVENT, [query_id, revision])
        cursor.execute(sql, parameters)


@pytest.mark.skipif(
    not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="SQLite has no roles"
)
@pytest.mark.django_db(transaction=True)
def test_the_blinded_role_puts_no_open_query_at_a_restricted_form(
    settings: Any, operator: User, sign_in: SignIn
) -> None:
    visit = make_treated()
    make_roles()
    set_rights()
    form_id = uuid.uuid5(visit.pk, "intervention")

    def plant(form_key: str, kind: str, origin: str, state: str) -> uuid.UUID:
        query_id = uuid.uuid4()
        about = (query_id, visit.patient_id, visit.pk, form_key, kind, form_id, origin, state)
        write(query_id, 1, PLANT, about)
        return query_id

    with blinded_process(settings):
        for origin, state in (("check", "closed"), ("person", "open")):
            for form_key, kind in (
                *((key, "visits.vitalsigns") for key in RESTRICTED_FORMS),
                *(("vital_signs", kind) for kind in RESTRICTED_KINDS),
            ):
                with pytest.raises(IntegrityError, match="query_as_restricted_as_its_form"):
                    plant(form_key, kind, origin, state)
        # What it may write about a form of its own names the operator's record in vain.
        planted = plant("procedure", "visits.procedure", "check", "closed")
        with pytest.raises(IntegrityError, match="query_as_restricted_as_its_form"):
            write(planted, 2, MOVE, [planted])
    browser = sign_in(operator)
    save(browser, visit)
    assert "Planted" not in browser.get(f"/visits/{visit.pk}/restricted/intervention/").content.decode()
    with blinded_process(settings):
        assert list(DataQuery.objects.values_list("pk", "state", "last_message")) == [(planted, "closed", "Which lot?")]
        assert not QueryMessage.objects.exists()
    assert InterventionVein.objects.count() == len(CRFS["intervention"].grid.rows)  # type: ignore[union-attr]
