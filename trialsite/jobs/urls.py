"""Addresses of the files that a person asked for."""

from django.urls import path

from trialsite.jobs.views.files import file_step, files, made_file

urlpatterns = [
    path("files/", files, name="files"),
    path("files/<uuid:job_id>/", made_file, name="made_file"),
    path("files/<uuid:job_id>/<slug:step>/", file_step, name="file_step"),
]
