"""Nothing is left half made: every item has its words, every table its kind, every template its syntax."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.template import engines
from django.urls import get_resolver

from trialsite.audit.guards import kind_of
from trialsite.protocol.current import get_protocol
from trialsite.records.crf import CrfDefinition
from trialsite.records.fields import Measure, WholeNumber
from trialsite.records.models import CaseReportForm, ClinicalRecord
from visits.crfs.registry import CRFS

TEMPLATES = Path("templates")
OURS = {
    "accounts",
    "audit",
    "jobs",
    "signatures",
    "marks",
    "records",
    "queries",
    "enrollment",
    "vault",
    "visits",
    "endpoints",
    "trail",
}
# Tables that hold neither clinical data nor the trail: accounts, counters whose rows move with an audited act, and the queue of long work.
TECHNICAL = {
    "accounts.user",
    "accounts.secondfactor",
    "accounts.recoverycode",
    "enrollment.patientcounter",
    "enrollment.listcommitment",
    "jobs.job",
    "jobs.worker",
    "accounts.unblindedsession",
}


def items(definition: CrfDefinition) -> list[Any]:
    named = [definition.model._meta.get_field(name) for name in definition.field_names]
    grid = definition.grid
    return named + ([grid.model._meta.get_field(name) for name in grid.fields] if grid else [])


@pytest.mark.parametrize("definition", CRFS.values(), ids=CRFS)
def test_every_item_has_words_of_its_own(definition: CrfDefinition) -> None:
    for field in items(definition):
        # Django keeps what was written, and makes a label of the name where nothing was.
        assert field._verbose_name, f"{field} has no label"


@pytest.mark.parametrize("definition", CRFS.values(), ids=CRFS)
def test_every_number_has_a_unit(definition: CrfDefinition) -> None:
    for field in items(definition):
        if isinstance(field, WholeNumber | Measure):
            limit = get_protocol().limit(definition.key, field.name)
            assert field.unit or (limit and limit.unit) or f"{field.name}_unit" in definition.field_names, (
                f"{field} has no unit"
            )


@pytest.mark.parametrize("definition", CRFS.values(), ids=CRFS)
def test_whatever_is_required_can_be_entered(definition: CrfDefinition) -> None:
    assert set(definition.model.REQUIRED) <= set(definition.field_names)


def test_every_limit_of_the_protocol_bounds_an_item() -> None:
    """A limit of a field that no form has would never be asked."""
    for key, limits in get_protocol().limits.items():
        names = {field.name for field in items(CRFS[key])} if key in CRFS else set()
        derived = {"egfr_ml_min", "cvlt_total", "bvmt_total", "age_years", "creatinine_mg_dl"}
        assert set(limits) - names <= derived, f"limits of {key} bound nothing: {sorted(set(limits) - names - derived)}"


def test_every_form_the_protocol_asks_for_exists() -> None:
    due = {form.form for visit in get_protocol().visits for form in visit.forms}
    assert due <= set(CRFS)


def test_every_clinical_table_belongs_to_a_form_or_stands_alone() -> None:
    registered = {definition.model for definition in CRFS.values()}
    forms = {model for model in apps.get_models() if issubclass(model, CaseReportForm)}
    assert forms == registered


def test_every_table_of_ours_is_clinical_append_only_or_declared_technical() -> None:
    undeclared = [
        model._meta.label_lower
        for model in apps.get_models()
        if model._meta.app_label in OURS and not kind_of(model) and model._meta.label_lower not in TECHNICAL
    ]
    assert undeclared == []


def test_clinical_tables_are_guarded_as_clinical() -> None:
    for model in apps.get_models():
        if issubclass(model, ClinicalRecord):
            assert kind_of(model) == "clinical"


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=str)
def test_every_template_parses_and_holds_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    engines["django"].get_template(str(path.relative_to(TEMPLATES)))
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert all("src=" in part.split(">")[0] for part in text.split("<script")[1:])


def test_there_is_no_django_admin() -> None:
    assert not any(
        "admin" in str(pattern.pattern) and "django.contrib" in repr(pattern) for pattern in get_resolver().url_patterns
    )
    assert "django.contrib.admin" not in {config.name for config in apps.get_app_configs()}
