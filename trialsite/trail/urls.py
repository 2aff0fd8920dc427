"""Addresses of the audit trail, its review and its export."""

from django.urls import path

from trialsite.trail.views.as_of import casebook_as_of, form_as_of
from trialsite.trail.views.export import export_trail
from trialsite.trail.views.listing import listing_as_of
from trialsite.trail.views.remark import remark_on_event
from trialsite.trail.views.review import trail_review
from trialsite.trail.views.trail import form_trail, patient_trail, trail, visit_trail

urlpatterns = [
    path("trail/", trail, name="trail"),
    path("trail/review/", trail_review, name="trail_review"),
    path("trail/events/<uuid:event_id>/remark/", remark_on_event, name="remark_on_event"),
    path("trail/listings/<slug:key>/", listing_as_of, name="listing_as_of"),
    path("trail/export/", export_trail, name="export_trail"),
    path("trail/patients/<uuid:patient_id>/", patient_trail, name="patient_trail"),
    path("trail/patients/<uuid:patient_id>/casebook/", casebook_as_of, name="casebook_as_of"),
    path("trail/forms/<slug:key>/<uuid:record_id>/values/", form_as_of, name="form_as_of"),
    path("trail/visits/<uuid:visit_id>/", visit_trail, name="visit_trail"),
    path("trail/forms/<slug:key>/<uuid:record_id>/", form_trail, name="form_trail"),
]
