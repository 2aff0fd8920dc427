"""Addresses of visits, their forms and their history."""

from django.urls import path

from visits.views.casebook import casebook
from visits.views.code_break import code_break, code_break_impact, code_break_register, code_breaks
from visits.views.draw import draw
from visits.views.eligibility import eligibility
from visits.views.forms import patient_log, patient_record, visit_form
from visits.views.history import record_history
from visits.views.imports import import_readings
from visits.views.locks import hold, lock_casebook, lock_form, lock_trial, lock_visit, locks
from visits.views.outflow import informed_raters
from visits.views.queries import edit_checks, new_query, queries, query
from visits.views.restricted import restricted_form
from visits.views.signing import sign_casebook, sign_form, sign_visit
from visits.views.states import form_states
from visits.views.unblinded_messages import unblinded_messages
from visits.views.verifying import verify_casebook, verify_form, verify_visit
from visits.views.visit import planned_visit, unscheduled_visit, visit
from visits.views.who_knows import who_knows
from visits.views.worklist import start_procedure, worklist, worklist_arm

urlpatterns = [
    path("patients/<uuid:patient_id>/", casebook, name="casebook"),
    path("patients/<uuid:patient_id>/eligibility/", eligibility, name="eligibility"),
    path("patients/<uuid:patient_id>/draw/", draw, name="draw"),
    path("patients/<uuid:patient_id>/visits/unscheduled/", unscheduled_visit, name="unscheduled_visit"),
    path(
        "patients/<uuid:patient_id>/visits/unscheduled/<uuid:visit_id>/",
        unscheduled_visit,
        name="new_unscheduled_visit",
    ),
    path("patients/<uuid:patient_id>/visits/<slug:key>/", planned_visit, name="planned_visit"),
    path("patients/<uuid:patient_id>/logs/<slug:key>/", patient_log, name="patient_log"),
    path("patients/<uuid:patient_id>/logs/<slug:key>/<uuid:record_id>/", patient_record, name="patient_record"),
    path("visits/<uuid:visit_id>/", visit, name="visit"),
    path("visits/<uuid:visit_id>/forms/<slug:key>/", visit_form, name="visit_form"),
    path("import/", import_readings, name="import_readings"),
    path("worklist/", worklist, name="worklist"),
    path("worklist/<uuid:patient_id>/treatment/", worklist_arm, name="worklist_arm"),
    path("worklist/<uuid:patient_id>/start/", start_procedure, name="start_procedure"),
    path("code-break/", code_breaks, name="code_breaks"),
    path("code-break/register/", code_break_register, name="code_break_register"),
    path("code-break/<uuid:patient_id>/", code_break, name="code_break"),
    path("code-break/impact/<uuid:break_id>/", code_break_impact, name="code_break_impact"),
    path("visits/<uuid:visit_id>/restricted/<slug:key>/", restricted_form, name="restricted_form"),
    path("unblinded-messages/", unblinded_messages, name="unblinded_messages"),
    path("who-knows/", who_knows, name="who_knows"),
    path("queries/", queries, name="queries"),
    path("queries/<uuid:query_id>/", query, name="query"),
    path("queries/new/<slug:key>/<uuid:record_id>/", new_query, name="new_query"),
    path("queries/new/<slug:key>/<uuid:record_id>/<str:field>/", new_query, name="new_field_query"),
    path("checks/", edit_checks, name="edit_checks"),
    path("raters/", informed_raters, name="informed_raters"),
    path("patients/<uuid:patient_id>/sign/", sign_casebook, name="sign_casebook"),
    path("patients/<uuid:patient_id>/verify/", verify_casebook, name="verify_casebook"),
    path("patients/<uuid:patient_id>/lock/", lock_casebook, name="lock_casebook"),
    path("visits/<uuid:visit_id>/sign/", sign_visit, name="sign_visit"),
    path("visits/<uuid:visit_id>/verify/", verify_visit, name="verify_visit"),
    path("visits/<uuid:visit_id>/lock/", lock_visit, name="lock_visit"),
    path("forms/<slug:key>/<uuid:record_id>/sign/", sign_form, name="sign_form"),
    path("forms/<slug:key>/<uuid:record_id>/verify/", verify_form, name="verify_form"),
    path("forms/<slug:key>/<uuid:record_id>/lock/", lock_form, name="lock_form"),
    path("locks/", locks, name="locks"),
    path("locks/trial/", lock_trial, name="lock_trial"),
    path("locks/<uuid:lock_id>/", hold, name="hold"),
    path("states/", form_states, name="form_states"),
    path("history/<slug:key>/<uuid:record_id>/", record_history, name="record_history"),
    path("history/<slug:key>/<uuid:record_id>/<str:field>/", record_history, name="field_history"),
]
