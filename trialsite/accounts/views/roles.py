"""The table of roles, and who may learn an arm: for everyone who signs in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.knowledge import KNOWLEDGE, name_blinded
from trialsite.accounts.presenters import present_role_table
from trialsite.accounts.roles import Role


@requires()
@require_safe
def roles(request: SignedInRequest) -> HttpResponse:
    context = {"roles": [(role.label, role in request.user.role_set) for role in Role], "lines": present_role_table()}
    return render(request, "accounts/roles.html", context)


@requires()
@require_safe
def knowledge(request: SignedInRequest) -> HttpResponse:
    """Who may be unblinded, and when."""
    return render(request, "accounts/knowledge.html", {"lines": KNOWLEDGE, "blinded": name_blinded()})
