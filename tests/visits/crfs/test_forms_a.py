"""Doppler, MRI, EDSS and relapse forms as they are posted, stored and shown again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from tests.records.conftest import ANNA, make_patient, make_visit
from tests.visits.crfs.around import DAYS, PROTOCOL, make_context
from trialsite.records.crf import CrfDefinition
from trialsite.records.forms import CrfForm
from trialsite.records.models import CaseReportForm
from trialsite.records.saving import Saved, get_row_values, get_rows, save_crf
from visits.crfs.context import VisitContext
from visits.crfs.doppler.form import DOPPLER, doppler_result
from visits.crfs.doppler.segments import SEGMENTS
from visits.crfs.edss.form import EDSS
from visits.crfs.mri.form import MRI
from visits.crfs.mri.scans import EarlierScan
from visits.crfs.relapse.form import RELAPSE
from visits.crfs.relapse.rules import EdssExam
from visits.crfs.relapse_check.form import RELAPSE_CHECK
from visits.models import Doppler, DopplerFinding, Edss, Mri, Relapse

pytestmark = pytest.mark.django_db
ALL = (DOPPLER, MRI, EDSS, RELAPSE, RELAPSE_CHECK)


def post(**values: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, [str(item) for item in value] if isinstance(value, list) else [str(value)])
    return data


def open_form(
    definition: CrfDefinition, record: CaseReportForm, context: VisitContext, data: QueryDict | None = None
) -> CrfForm:
    rows = get_row_values(definition.grid, get_rows(definition.grid, record))
    return CrfForm(definition, record, context, PROTOCOL, data=data, rows=rows)


def save(definition: CrfDefinition, record: CaseReportForm, context: VisitContext, **values: Any) -> Saved:
    form = open_form(definition, record, context, post(base_revision=record.revision, **values))
    assert form.is_valid(), form.errors
    return save_crf(form, actor=ANNA)


def new(definition: CrfDefinition, visit_key: str = "baseline", number: str = "P2-001") -> Any:
    patient = make_patient(number)
    if definition.kind != "visit":
        return definition.new(patient=patient)
    return definition.new(patient=patient, visit=make_visit(patient, visit_key, DAYS[visit_key]))


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.key)
def test_an_empty_form_can_be_saved_as_a_draft_and_computes(definition: CrfDefinition) -> None:
    record = new(definition)
    context = make_context()
    saved = save(definition, record, context)
    assert not saved.record.is_complete
    form = open_form(definition, saved.record, context, post(intent="complete"))
    assert form.is_valid()
    assert set(definition.model.REQUIRED) <= set(form.missing)
    assert definition.compute is not None
    assert all(computed.label for computed in definition.compute({}, context))


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.key)
def test_every_limit_of_the_protocol_names_a_field(definition: CrfDefinition) -> None:
    names = set(definition.field_names) | set(definition.grid.fields if definition.grid else ())
    assert set(PROTOCOL.limits[definition.key]) <= names


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.key)
def test_every_whole_number_has_a_limit_that_a_database_can_hold(definition: CrfDefinition) -> None:
    form = open_form(definition, new(definition), make_context())
    numbers = [name for name, field in form.fields.items() if type(field).__name__ == "IntegerField"]
    for name in numbers:
        limit = PROTOCOL.limit(definition.key, name)
        assert limit is not None, name
        assert limit.hard_max is not None
        assert limit.hard_max < 2**31


@pytest.mark.parametrize("definition", ALL, ids=lambda one: one.key)
def test_every_field_is_laid_out_once(definition: CrfDefinition) -> None:
    laid_out = list(definition.field_names)
    own = {field.name for field in definition.model.clinical_fields() if field.editable}
    assert sorted(laid_out) == sorted(own)


def test_a_doppler_examination_keeps_its_segments() -> None:
    record = new(DOPPLER)
    cells = {
        "segments.R_IJV_J1_supine.flow": "reflux",
        "segments.R_IJV_J1_supine.reflux_s": "1.20",
        "segments.R_IJV_J1_sitting.flow": "bidirectional",
        "segments.R_IJV_J1_sitting.reflux_s": "0.89",
        "segments.L_VV_supine.assessable": "no",
        "segments.L_VV_supine.not_assessable_reason": "bandage",
    }
    saved = save(DOPPLER, record, make_context(), device="MyLab 25", **cells)
    assert isinstance(saved.record, Doppler)
    rows = {row.key: row for row in DopplerFinding._base_manager.filter(parent=saved.record)}
    assert set(rows) == {"R_IJV_J1_supine", "R_IJV_J1_sitting", "L_VV_supine"}
    assert rows["R_IJV_J1_supine"].reflux_s == Decimal("1.20")
    assert rows["L_VV_supine"].assessable is False
    assert doppler_result(saved.record, PROTOCOL).positive == {1}
    shown = open_form(DOPPLER, saved.record, make_context())
    assert shown["segments.L_VV_supine.assessable"].value() == "no"


def test_only_jugular_rows_have_cells_for_area_and_picture() -> None:
    form = open_form(DOPPLER, new(DOPPLER), make_context())
    table = form.grid_table
    assert table is not None
    by_label = dict(table.lines)
    assert None not in by_label["Right internal jugular J1, supine"]
    assert by_label["Right vertebral, supine"].count(None) == 3
    assert len(table.headings) == 7
    assert len(table.lines) == len(SEGMENTS) == 20


def test_an_area_posted_for_a_vein_without_one_is_not_stored() -> None:
    saved = save(DOPPLER, new(DOPPLER), make_context(), **{"segments.R_VV_supine.csa_mm2": "40", "device": "MyLab 25"})
    assert not DopplerFinding._base_manager.filter(parent_id=saved.record.pk).exists()


def test_a_scan_is_compared_with_one_of_the_same_patient() -> None:
    first = save(MRI, new(MRI), make_context(), scanner="Signa").record
    assert isinstance(first, Mri)
    visit = make_visit(first.patient, "month_1", DAYS["month_1"])
    scan = EarlierScan(id=first.id, scanned_on=DAYS["baseline"], visit_key="baseline", visit_label="Baseline")
    context = make_context("month_1", related={"scans": (scan,)})
    second = save(MRI, MRI.new(patient=first.patient, visit=visit), context, reference_scan=first.id).record
    stored = Mri._base_manager.get(pk=second.pk)
    assert stored.reference_scan_id == first.id
    assert open_form(MRI, stored, context)["reference_scan"].value() == first.id
    assert save(MRI, stored, context, reference_scan="").record.get_value("reference_scan") is None


@pytest.mark.parametrize("posted", ["00000000-0000-4000-8000-000000000000", "nonsense", "\x00", "1" * 10_000])
def test_a_scan_of_somebody_else_is_refused_at_the_field(posted: str) -> None:
    form = open_form(MRI, new(MRI, "month_1"), make_context("month_1"), post(reference_scan=posted))
    assert form.errors["reference_scan"] == ["Choose one of the records in the list."]


def test_a_relapse_is_linked_to_an_examination() -> None:
    exam = save(EDSS, new(EDSS), make_context(), assessed_on=DAYS["baseline"], rater_step="3.5").record
    assert isinstance(exam, Edss)
    known = EdssExam(id=exam.id, assessed_on=DAYS["baseline"], rater_step=Decimal("3.5"))
    context = make_context(visit="baseline", related={"edss_exams": (known,)})
    values = {"onset_on": date(2011, 1, 18), "exam": exam.id, "affected_systems": ["visual", "sensory"]}
    saved = save(RELAPSE, RELAPSE.new(patient=exam.patient), context, **values).record
    assert isinstance(saved, Relapse)
    assert saved.exam_id == exam.id
    assert RELAPSE.summary(saved) == "2011-01-18: visual, sensory"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0.5", "no step 0.5"), ("2.7", "no step 2.7"), ("-1", "no step -1"), ("10.5", "no step 10.5")],
)
def test_a_step_off_the_scale_is_refused_at_its_field(typed: str, sentence: str) -> None:
    form = open_form(EDSS, new(EDSS), make_context(), post(rater_step=typed))
    assert sentence in form.errors["rater_step"][0]


@pytest.mark.parametrize("typed", ["1,5", "nan", "Infinity", "1e999", "٣x", "9" * 5000])
def test_a_step_that_is_no_number_is_refused_at_its_field(typed: str) -> None:
    assert "rater_step" in open_form(EDSS, new(EDSS), make_context(), post(rater_step=typed)).errors
