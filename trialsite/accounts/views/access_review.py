"""The periodic review of access, and the reviews that were signed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.forms import AccessReviewForm
from trialsite.accounts.models import AccessReview
from trialsite.accounts.review import (
    as_plain,
    digest_lines,
    due_on,
    get_last_review,
    get_outcomes,
    list_accounts,
    sign_access_review,
)
from trialsite.accounts.roles import Permission
from trialsite.lib import clock

SHOWN = 50


@requires(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def access_review(request: SignedInRequest) -> HttpResponse:
    """Every account with what catches the eye; POST keeps a decision about each, signed with the password."""
    last = get_last_review()
    lines = list_accounts(request.user, last)
    shown = digest_lines(as_plain(lines))
    form = AccessReviewForm(lines, request.POST or None, initial={"shown": shown})
    if request.method == "POST" and _is_signed(request, form, shown):
        made = sign_access_review(request.user, lines, form.decisions, form.cleaned_data["remarks"])
        messages.success(request, "The review is signed. What is to be changed or ended is listed below.")
        return redirect("accounts:signed_review", made.pk)
    page: dict[str, Any] = {
        "form": form,
        "shown": shown,
        "last": last,
        "due_on": due_on(last),
        "is_overdue": due_on(last) < clock.today(),
        "reviews": AccessReview.objects.all()[:SHOWN],
        "trail": [("Users", reverse("accounts:users")), ("Review of access", "")],
    }
    return render(request, "accounts/access_review.html", page, status=422 if form.is_bound else 200)


def _is_signed(request: SignedInRequest, form: AccessReviewForm, shown: str) -> bool:
    if form.is_valid() and form.cleaned_data["shown"] != shown:
        form.add_error(
            None, "Accounts changed since this page was opened. Look at them as they are now, and sign again."
        )
    if form.is_valid() and not confirm_password(request, request.user, form.cleaned_data["password"]):
        form.add_error("password", "This is not your password. After too many failures the account is locked.")
    return form.is_valid()


@requires(Permission.MANAGE_USERS)
@require_safe
def signed_review(request: SignedInRequest, review_id: UUID) -> HttpResponse:
    """A signed review, to be read and printed, with what became of its decisions."""
    review = AccessReview.objects.filter(pk=review_id).first()
    if review is None:
        raise Http404
    page = {
        "review": review,
        "is_sound": digest_lines(review.lines) == review.digest,
        "outcomes": get_outcomes(review),
        "trail": [
            ("Users", reverse("accounts:users")),
            ("Review of access", reverse("accounts:access_review")),
            (f"{review.appended_at:%Y-%m-%d}", ""),
        ],
    }
    return render(request, "accounts/signed_review.html", page)
