"""The review of the trail: planned questions, their findings, and the signature of who looked at them."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.trail.actions import sign_review
from trialsite.trail.forms import ReviewForm, SignReviewForm
from trialsite.trail.gather import MOST_EVENTS, Review, bounds_of, review_trail
from trialsite.trail.models import AuditReview
from trialsite.trail.presenters import present_events
from trialsite.trail.rules import QUESTIONS
from trialsite.trail.selectors import TrailFilter

SHOWN = 200
PERIOD = timedelta(days=30)


@requires(Permission.VIEW_TRIAL_AUDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def trail_review(request: SignedInRequest) -> HttpResponse:
    """Show the findings of a period; POST signs that they were reviewed."""
    today = clock.today()
    asked = request.GET or {"from_on": str(today - PERIOD), "to_on": str(today)}
    form = ReviewForm(request.user, asked)
    if not form.is_valid():
        return render(request, "trail/review.html", {"form": form, "trail": _where()}, status=422)
    found = review_trail(request.user, form.wanted, get_protocol())
    sign = SignReviewForm(request.POST or None, initial={"shown": found.digest})
    if request.method == "POST" and _is_signed(request, form.wanted, found, sign):
        return redirect(request.get_full_path())
    return render(request, "trail/review.html", _page(request, form, found, sign), status=422 if sign.errors else 200)


def _is_signed(request: SignedInRequest, wanted: TrailFilter, found: Review, sign: Any) -> bool:
    if sign.is_valid() and sign.cleaned_data["shown"] != found.digest:
        sign.add_error(None, "New findings came in since this page was opened. Look at them, and sign again.")
    if sign.is_valid() and not confirm_password(request, request.user, sign.cleaned_data["password"]):
        sign.add_error("password", "This is not your password. After too many failures the account is locked.")
    if not sign.is_valid():
        return False
    sign_review(request.user, wanted, found, sign.cleaned_data["remarks"])
    messages.success(request, "The review is signed.")
    return True


def _page(request: SignedInRequest, form: ReviewForm, found: Review, sign: SignReviewForm) -> dict[str, Any]:
    pages = max(1, -(-len(found.findings) // SHOWN))
    number = min(_read_page(request), pages)
    shown = found.findings[(number - 1) * SHOWN : number * SHOWN]
    events = [found.events[key] for key in dict.fromkeys(finding.key for finding in shown)]
    lines = {str(line.public_id): line for line in present_events(events, get_protocol(), request.user)}
    return {
        "form": form,
        "found": found,
        "sign": sign,
        "most_events": MOST_EVENTS,
        "bounds": bounds_of(get_protocol()),
        "number": number,
        "pages": pages,
        "groups": [
            (
                title,
                sum(finding.question == question for finding in found.findings),
                [(lines[finding.key], finding.why) for finding in shown if finding.question == question],
            )
            for question, title in QUESTIONS.items()
        ],
        "reviews": _get_reviews(request.user)[:20],
        "trail": _where(),
        "query": _query(request),
    }


def _read_page(request: SignedInRequest) -> int:
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _query(request: SignedInRequest) -> str:
    """What was asked for, for links to other pages."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


def _get_reviews(user: User) -> "QuerySet[AuditReview]":
    """The reviews this person may know of: nobody blinded learns how many restricted entries were looked at."""
    reviews = AuditReview.objects.all()
    if not user.may(Permission.VIEW_RESTRICTED_RECORDS):
        reviews = reviews.filter(is_restricted=False)
    return reviews if user.sees_all_sites else reviews.filter(reviewer_id=str(user.pk))


def _where() -> list[tuple[str, str]]:
    return [("Audit trail", reverse("trail")), ("Review", "")]
