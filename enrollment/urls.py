"""Addresses of the patient register, of the ways out of the trial, and of the allocation list."""

from django.urls import path

from enrollment.views.allocation import allocation, generate, seal, upload, verify, void
from enrollment.views.commitment import list_commitment
from enrollment.views.keeper import keeper
from enrollment.views.outs import screening_failure, withdrawal
from enrollment.views.patients import patients, register

urlpatterns = [
    path("patients/", patients, name="patients"),
    path("patients/register/", register, name="register_patient"),
    path("patients/<uuid:patient_id>/screening-failure/", screening_failure, name="screening_failure"),
    path("patients/<uuid:patient_id>/withdrawal/", withdrawal, name="withdrawal"),
    path("statistician/", keeper, name="keeper"),
    path("allocation/", allocation, name="allocation"),
    path("allocation/<int:phase_number>/generate/", generate, name="allocation_generate"),
    path("allocation/<int:phase_number>/upload/", upload, name="allocation_upload"),
    path("allocation/<int:phase_number>/void/", void, name="allocation_void"),
    path("allocation/<int:phase_number>/seal/", seal, name="allocation_seal"),
    path("allocation/<int:phase_number>/verify/", verify, name="allocation_verify"),
    path("list-commitment/", list_commitment, name="list_commitment"),
]
