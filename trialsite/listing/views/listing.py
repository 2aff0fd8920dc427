"""Asking for a listing of everything."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.jobs.views.asking import ask_and_go
from trialsite.listing.forms import ListingForm
from trialsite.printing.words import LISTING


@requires(Permission.TAKE_LISTING)
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: SignedInRequest) -> HttpResponse:
    """Everything the person may read, as one file that waits under My files."""
    form = ListingForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        site = form.cleaned_data["site"]
        return ask_and_go(
            request, LISTING, f"Listing of site {site}" if site else "Listing of everything", {"site": site}
        )
    page = {"form": form, "trail": [("My files", reverse("files")), ("Listing of everything", "")]}
    return render(request, "listing/listing.html", page, status=422 if form.errors else 200)
