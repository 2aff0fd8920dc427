"""The published commitment to the allocation list, and how to check it."""

from django.http import HttpResponse
from django.shortcuts import render

from enrollment.selectors.commitment import get_commitments
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission


@requires(Permission.VIEW_POOLED_REPORTS)
def list_commitment(request: SignedInRequest) -> HttpResponse:
    return render(request, "vault/commitment.html", {"commitments": get_commitments()})
