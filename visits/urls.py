"""Addresses of visits, their forms and their history."""

from django.urls import path

from visits.views.casebook import casebook
from visits.views.draw import draw
from visits.views.eligibility import eligibility
from visits.views.forms import patient_log, patient_record, visit_form
from visits.views.history import record_history
from visits.views.queries import edit_checks, new_query, queries, query
from visits.views.restricted import restricted_form
from visits.views.visit import planned_visit, unscheduled_visit, visit
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
    path("worklist/", worklist, name="worklist"),
    path("worklist/<uuid:patient_id>/treatment/", worklist_arm, name="worklist_arm"),
    path("worklist/<uuid:patient_id>/start/", start_procedure, name="start_procedure"),
    path("visits/<uuid:visit_id>/restricted/<slug:key>/", restricted_form, name="restricted_form"),
    path("queries/", queries, name="queries"),
    path("queries/<uuid:query_id>/", query, name="query"),
    path("queries/new/<slug:key>/<uuid:record_id>/", new_query, name="new_query"),
    path("queries/new/<slug:key>/<uuid:record_id>/<str:field>/", new_query, name="new_field_query"),
    path("checks/", edit_checks, name="edit_checks"),
    path("history/<slug:key>/<uuid:record_id>/", record_history, name="record_history"),
    path("history/<slug:key>/<uuid:record_id>/<str:field>/", record_history, name="field_history"),
]
