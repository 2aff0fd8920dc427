"""Where each role starts: what waits for them."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from visits.agenda import get_agenda
from visits.threads import get_waiting

# (permission, URL name): where a role without patients starts.
_STARTS = (
    (Permission.MANAGE_ALLOCATION_LIST, "keeper"),
    (Permission.VIEW_WORKLIST, "worklist"),
    (Permission.MANAGE_USERS, "accounts:users"),
)


@requires()
def home(request: SignedInRequest) -> HttpResponse:
    for permission, name in _STARTS:
        if request.user.may(permission):
            return redirect(name)
    may_import = any(map(request.user.may, (Permission.ENTER_DATA, Permission.ENTER_ASSESSMENTS)))
    page = {"may_import": may_import, "agenda": get_agenda(request.user), "waiting": get_waiting(request.user)}
    return render(request, "home.html", page)
