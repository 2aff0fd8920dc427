"""Looking back at a whole listing. Read only, and marked as past."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.trail.listing import PATIENTS, QUERIES, find_listing, headings, name_codes, read_listing
from trialsite.trail.views.as_of import read_moment
from visits.actions.outflow import note_records
from visits.outflow import EXAMINATION
from visits.views.loaders import visible_definitions


@requires(Permission.VIEW_PATIENTS)
def listing_as_of(request: SignedInRequest, key: str) -> HttpResponse:
    """The register, the data queries, or every entry of one form kind, as they stood at a moment."""
    definitions = visible_definitions(request.user)
    listing = find_listing(request.user, key, definitions)
    if listing is None:
        raise Http404
    if request.method not in {"GET", "HEAD"}:  # asked after what it is: a stranger learns nothing from the method
        return HttpResponseNotAllowed(["GET", "HEAD"])
    form, moment = read_moment(request)
    page = {
        "title": listing.title,
        "form": form,
        "moment": moment,
        "is_first": "before" not in request.GET,
        "form_key": listing.key,
        "is_of_visits": listing.is_of_visits,
        "headings": headings(listing),
        "others": [
            (PATIENTS, "Patients"),
            *([(QUERIES, "Data queries")] if find_listing(request.user, QUERIES, definitions) else []),
            *((one.key, one.title) for one in definitions),
        ],
        "trail": [("Patients", reverse("patients")), (f"{listing.title}, as of", "")],
    }
    if moment is not None:
        protocol = get_protocol()
        named = name_codes(protocol, definitions)
        lines, older = read_listing(request.user, listing, named, moment, request.GET.get("before", ""))
        if listing.kind == EXAMINATION:
            note_records(request.user, [line.record_id for line in lines], protocol)
        labels = {visit.key: visit.label for visit in protocol.visits}
        page |= {
            "as_of": urlencode({"as_of": moment.isoformat()}),
            "lines": [(line, labels.get(line.visit, line.visit)) for line in lines],
            "older": older,
        }
    return render(request, "trail/listing_as_of.html", page, status=422 if moment is None else 200)
