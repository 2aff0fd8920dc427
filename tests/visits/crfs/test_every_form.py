"""What holds for every form of the visits: its parts agree with each other, its page opens, and bad input is answered, not crashed on."""

import uuid
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import ANNA, give_consent
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.lib.findings import Severity
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import create_record
from trialsite.records.crf import CrfDefinition
from trialsite.records.diff import is_blank
from visits.crfs.context import VisitContext
from visits.crfs.registry import CRFS
from visits.models import AdverseEvent, Visit

KEYS = (
    "vital_signs",
    "laboratory",
    "cognition",
    "quality_of_life",
    "procedure",
    "intervention",
    "blinding_guess",
    "adverse_event",
    "concomitant_medication",
    "deviation",
    "disposition",
)
FORMS = pytest.mark.parametrize("form", [CRFS[key] for key in KEYS], ids=KEYS)
ODD = (
    "a\x00b",
    "😀" * 20,
    "x" * 10_001,
    "9" * 30,
    "9223372036854775808",
    "NaN",
    "Infinity",
    "9999-12-31",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "<script>alert(1)</script>",
)


@pytest.fixture
def visit(db: None) -> Visit:
    on = date(2011, 2, 8)
    values: dict[str, Any] = {"site_code": "UB", "phase_number": 2, "registered_on": date(2011, 1, 3), "entered_on": on}
    patient = create_record(Patient(number="P2-001", status="randomized", procedure_on=on, **values), actor=ANNA)
    give_consent(patient)
    return create_record(Visit(patient=patient, planned_key="procedure", visited_on=on), actor=ANNA)


def page_of(form: CrfDefinition, visit: Visit) -> str:
    if form.is_restricted:
        return f"/visits/{visit.pk}/restricted/{form.key}/"
    if form.kind == "visit":
        return f"/visits/{visit.pk}/forms/{form.key}/"
    return f"/patients/{visit.patient_id}/logs/{form.key}/{uuid.uuid4()}/"


@FORMS
def test_what_is_needed_can_be_entered(form: CrfDefinition) -> None:
    assert set(form.model.REQUIRED) <= set(form.field_names)
    assert len(form.field_names) == len(set(form.field_names))


def test_no_needed_item_is_answered_beforehand() -> None:
    """An answer that nobody gave looks like one that somebody gave. A day of assessment is the visit's own, and is set when the page opens."""
    models = [form.model for form in CRFS.values()]
    answered = {
        f"{model.__name__}.{name}"
        for model in models
        for name in model.REQUIRED
        if not is_blank(model().get_value(name))
    }
    assert answered == set()


@FORMS
def test_every_value_of_the_table_stands_on_the_page(form: CrfDefinition) -> None:
    links = {"patient", "visit", "rows_digest", "raised_by_system", "origin_key", "assessed_by"}
    stored = {field.name for field in form.model.clinical_fields()} - form.model.FORM_STATE - links
    assert stored <= set(form.field_names)


@FORMS
def test_every_limit_of_the_protocol_has_its_field(form: CrfDefinition) -> None:
    derived = {"cvlt_total", "bvmt_total", "egfr_ml_min", "creatinine_mg_dl"}
    columns = set(form.grid.fields) if form.grid else set()
    assert set(get_protocol().limits.get(form.key, {})) <= set(form.field_names) | columns | derived


@FORMS
def test_an_empty_form_is_not_refused(form: CrfDefinition, around: VisitContext) -> None:
    empty = dict.fromkeys(form.field_names)
    assert [finding for finding in form.check(empty, around) if finding.severity is Severity.HARD] == []
    assert form.compute is None or list(form.compute(empty, around)) == []


@pytest.fixture
def who(form: CrfDefinition, coordinator: User, operator: User, sign_in: SignIn) -> Client:
    return sign_in(operator if form.is_restricted else coordinator)


# A form that asks nothing with an answer set before is stored only once something is typed.
BEGUN = {
    "adverse_event": {"term": "Headache"},
    "concomitant_medication": {"name": "Paracetamol"},
    "disposition": {"end_reason": "Moved away"},
}


@FORMS
def test_the_page_opens_and_a_draft_is_stored(form: CrfDefinition, visit: Visit, who: Client) -> None:
    url = page_of(form, visit)
    page = who.get(url)
    assert page.status_code == 200
    assert form.title in page.content.decode()
    sent = {"intent": "save", "base_revision": "0", **BEGUN.get(form.key, {})}
    assert who.post(url, sent).status_code == 302
    assert form.rows.count() == 1


def inputs_of(form: CrfDefinition) -> list[str]:
    cells = (
        [form.grid.input_name(row, name) for row, _ in form.grid.rows for name in form.grid.fields] if form.grid else []
    )
    return [*form.field_names, *cells]


@FORMS
@pytest.mark.one_database  # tests/robust/test_any_form.py sends more of the kind to both
def test_odd_input_is_answered(form: CrfDefinition, visit: Visit, who: Client) -> None:
    url = page_of(form, visit)
    for odd in ODD:
        for intent in ("complete", "compute"):
            sent = {**dict.fromkeys(inputs_of(form), odd), "intent": intent, "base_revision": "0"}
            response = who.post(url, sent)
            assert response.status_code in {200, 422}, (odd[:30], intent)
            assert "<script>alert" not in response.content.decode()
    assert form.rows.count() == 0


TEXTS = pytest.mark.parametrize(
    ("odd", "status"), [("😀" * 20, 302), ("<script>alert(1)</script>", 302), ("a\x00b", 422), ("x" * 10_001, 422)]
)


@TEXTS
def test_odd_text_alone_is_stored_as_text_or_refused(
    visit: Visit, coordinator: User, sign_in: SignIn, odd: str, status: int
) -> None:
    browser, url = sign_in(coordinator), page_of(CRFS["adverse_event"], visit)
    sent = {"term": odd, "narrative": odd, "intent": "save", "base_revision": "0"}
    assert browser.post(url, sent).status_code == status
    stored = list(AdverseEvent.objects.values_list("term", "narrative"))
    assert stored == ([(odd, odd)] if status == 302 else [])


def test_a_log_and_its_form_tell_the_time_of_the_site(visit: Visit, coordinator: User, sign_in: SignIn) -> None:
    browser, url = sign_in(coordinator), page_of(CRFS["adverse_event"], visit)
    browser.post(url, {"term": "Headache", "intent": "save", "base_revision": "0"})
    zone = ZoneInfo(get_protocol().site("UB").time_zone)
    expected = f"{AdverseEvent.objects.get().changed_at.astimezone(zone):%Y-%m-%d %H:%M %Z} by {coordinator.username}"
    log = url.rsplit("/", 2)[0] + "/"
    assert all(expected in browser.get(page).content.decode() for page in (url, log))


@pytest.mark.parametrize(
    ("number", "status"), [("2147483647", 302), ("2147483648", 422), ("9" * 19, 422), ("-2147483649", 422), ("1", 302)]
)
def test_a_number_without_limit_fits_into_its_column(
    visit: Visit, coordinator: User, sign_in: SignIn, number: str, status: int
) -> None:
    browser, url = sign_in(coordinator), page_of(CRFS["adverse_event"], visit)
    sent = {"follow_up_number": number, "intent": "save", "base_revision": "0"}
    assert browser.post(url, sent).status_code == status


@FORMS
def test_blinded_people_and_the_procedure_team_open_their_own_side(form: CrfDefinition) -> None:
    operator, coordinator = User(username="o", roles=[Role.OPERATOR]), User(username="c", roles=[Role.COORDINATOR])
    assert form.may_view(coordinator) is not form.is_restricted
    assert form.may_view(operator) is (form.key in {"intervention", "procedure"})
