"""Addresses of the reports."""

from django.urls import path

from endpoints.views.analysis_sets import analysis_sets
from endpoints.views.files import report_figure, report_patients_file, report_rows, report_table
from endpoints.views.pages import report, report_patients, reports
from endpoints.views.release import release, released_file
from endpoints.views.simulate import simulation
from endpoints.views.snapshots import compare, snapshot, snapshot_facts, snapshots

XLSX = {"ending": "xlsx"}

urlpatterns = [
    path("reports/", reports, name="reports"),
    path("analysis-sets/", analysis_sets, name="analysis_sets"),
    path("simulation/", simulation, name="simulation"),
    path("release/", release, name="release"),
    path("release/<slug:file_key>.txt", released_file, name="released_file"),
    path("snapshots/", snapshots, name="snapshots"),
    path("snapshots/<uuid:snapshot_id>/", snapshot, name="snapshot"),
    path("snapshots/<uuid:snapshot_id>/<slug:table_key>.csv", snapshot_facts, name="snapshot_facts"),
    path("snapshots/<uuid:snapshot_id>/compare/<uuid:later_id>/", compare, name="compare_snapshots"),
    path("reports/<slug:key>/", report, name="report"),
    path("reports/<slug:key>/patients/", report_patients, name="report_patients"),
    path("reports/<slug:key>/patients.csv", report_patients_file, name="report_patients_file"),
    path("reports/<slug:key>/patients.xlsx", report_patients_file, XLSX, name="report_patients_xlsx"),
    path("reports/<slug:key>/rows.csv", report_rows, name="report_rows"),
    path("reports/<slug:key>/rows.xlsx", report_rows, XLSX, name="report_rows_xlsx"),
    path("reports/<slug:key>/figures/<slug:figure_key>.svg", report_figure, name="report_figure"),
    path("reports/<slug:key>/tables/<slug:table_key>.csv", report_table, name="report_table"),
    path("reports/<slug:key>/tables/<slug:table_key>.xlsx", report_table, XLSX, name="report_table_xlsx"),
]
