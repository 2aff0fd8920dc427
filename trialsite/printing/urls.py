"""Addresses of what is printed."""

from django.urls import path

from trialsite.printing.views.blank import blank_forms
from trialsite.printing.views.casebook import casebook_page, print_casebook
from trialsite.printing.views.report import whole_report, whole_report_of_snapshot

urlpatterns = [
    path("whole-report/", whole_report, name="whole_report"),
    path("whole-report/<uuid:snapshot_id>/", whole_report_of_snapshot, name="whole_report_of_snapshot"),
    path("blank-forms/", blank_forms, name="blank_forms"),
    path("patients/<uuid:patient_id>/print/", print_casebook, name="print_casebook"),
    path("patients/<uuid:patient_id>/print/page/", casebook_page, name="casebook_page"),
]
