"""Messages that blinded people left for the unblinded."""

from django.http import HttpResponse
from django.shortcuts import render

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from visits.unblinded_message import UnblindedMessage

SHOWN = 200


@requires(Permission.VIEW_RESTRICTED_RECORDS)
def unblinded_messages(request: SignedInRequest) -> HttpResponse:
    """The latest first, of the person's own sites."""
    rows = UnblindedMessage.objects.all()
    if not request.user.sees_all_sites:
        rows = rows.filter(site_code__in=request.user.site_codes)
    return render(request, "visits/unblinded_messages.html", {"lines": rows[:SHOWN], "shown": SHOWN})
