"""The own second factor: setting it up, new recovery codes, giving it up."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.forms import PasswordAgainForm, SetUpFactorForm
from trialsite.accounts.roles import needs_second_factor
from trialsite.accounts.second_factor import (
    RECOVERY_CODES,
    count_codes_left,
    is_required_of,
    make_new_codes,
    must_set_up,
    offer,
    set_up,
    take_away,
)

WRONG_CODE = (
    "This code is not the one of the picture below, or its half minute is over. Type the one your app shows now."
)


@requires()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: SignedInRequest) -> HttpResponse:
    """The state of it; POST offers a new seed, sets it up, makes new recovery codes or gives it up, with the password again."""
    act = request.POST.get("act", "") if request.method == "POST" else ""
    forms: dict[str, Any] = {
        "set": SetUpFactorForm(request.POST if act == "set" else None, request=request),
        "again": PasswordAgainForm(request.POST if act in ("codes", "remove") else None, request=request),
    }
    sent = next((form for form in forms.values() if form.is_bound), None)
    if sent is not None and sent.is_valid():
        answer = _act(request, act, sent)
        if answer is not None:
            return answer
    return _show(request, forms, status=422 if request.method == "POST" and act != "begin" else 200)


def _act(request: SignedInRequest, act: str, form: Any) -> HttpResponse | None:
    if act == "set":
        codes = set_up(request.user, form.cleaned_data["offered"], form.cleaned_data["token"])
        if codes is None:
            form.add_error("token", WRONG_CODE)
            return None
        update_session_auth_hash(request, request.user)
        return _show_codes(
            request, codes, "Your second factor is set up. Wherever else you were signed in, you are no longer."
        )
    if not request.user.has_second_factor:
        form.add_error(None, "You have no second factor. Set one up first.")
        return None
    if act == "codes":
        return _show_codes(request, make_new_codes(request.user), "The recovery codes you had are void.")
    if is_required_of(request.user):
        form.add_error(None, "Your role needs a second factor. For another device set it up anew.")
        return None
    take_away(request.user)
    update_session_auth_hash(request, request.user)
    messages.success(request, "You sign in with your password alone from now on.")
    return redirect("accounts:second_factor")


def _show_codes(request: SignedInRequest, codes: list[str], done: str) -> HttpResponse:
    """In the answer itself, once."""
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "done": done})


def _show(request: SignedInRequest, forms: dict[str, Any], status: int) -> HttpResponse:
    # A seed is made when it is asked for: who only looks at the page meets the same page each time.
    is_asked = request.method == "POST" and request.POST.get("act") in ("begin", "set")
    offered = offer(request.user, request.POST.get("offered", "")) if is_asked else None
    if offered is not None:
        forms["set"].show_offer(offered.token)
    page = {
        "set": forms["set"],
        "again": forms["again"],
        "offered": offered,
        "since": request.user.second_factor_since,
        "codes_left": count_codes_left(request.user),
        "codes_made": RECOVERY_CODES,
        "is_needed": is_required_of(request.user),
        "is_needed_elsewhere": needs_second_factor(request.user.role_set),
        "must_set_up": must_set_up(request.user),
    }
    return render(request, "accounts/second_factor.html", page, status=status)
