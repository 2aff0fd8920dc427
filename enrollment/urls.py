"""Addresses of the allocation list."""

from django.urls import path

from enrollment.views.allocation import allocation, generate, seal, verify
from enrollment.views.commitment import list_commitment

urlpatterns = [
    path("allocation/", allocation, name="allocation"),
    path("allocation/<int:phase_number>/generate/", generate, name="allocation_generate"),
    path("allocation/<int:phase_number>/seal/", seal, name="allocation_seal"),
    path("allocation/<int:phase_number>/verify/", verify, name="allocation_verify"),
    path("list-commitment/", list_commitment, name="list_commitment"),
]
