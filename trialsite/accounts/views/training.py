"""Training: what a person has completed, what lacks, and recording it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actions import RefusedError, record_training
from trialsite.accounts.actor import actor_of
from trialsite.accounts.forms import TrainingForm
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.accounts.training import get_standings, say_lacking


@requires()
@require_http_methods(["GET", "HEAD", "POST"])
def own_training(request: SignedInRequest) -> HttpResponse:
    """What the person signed in has completed; what one confirms oneself is confirmed here."""
    return _training(request, request.user, {"person"}, [("Home", "/"), ("Training", "")])


@requires(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user_training(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    """Somebody else's training, which an admin records with its evidence."""
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise Http404
    head = [("Users", reverse("accounts:users")), (person.full_name, reverse("accounts:user", args=(person.pk,)))]
    recorders = {"person"} if person.pk == request.user.pk else {"person", "admin"}
    return _training(request, person, recorders, [*head, ("Training", "")])


def _training(
    request: SignedInRequest, person: User, recorders: set[str], trail: list[tuple[str, str]]
) -> HttpResponse:
    standings = get_standings(person)
    open_courses = {one.course.key: one.course for one in standings if one.course.recorded_by in recorders}
    sent = request.POST.get("course", "")
    forms = {key: TrainingForm(request.POST if key == sent else None, prefix=key) for key in open_courses}
    if sent in open_courses and _record(request, person, open_courses[sent], forms[sent]):
        return redirect(request.path)
    is_refused = request.method == "POST"
    if is_refused and sent not in open_courses:
        messages.error(
            request,
            "Not recorded: this training is recorded by somebody else, or nobody asks for it. Choose one below.",
        )
    page: dict[str, Any] = {
        "person": person,
        "is_own": person.pk == request.user.pk,
        "lines": [(one, forms.get(one.course.key)) for one in standings],
        "lacking": say_lacking(person),
        "trail": trail,
    }
    return render(request, "accounts/training.html", page, status=422 if is_refused else 200)


def _record(request: SignedInRequest, person: User, course: Any, form: TrainingForm) -> bool:
    if not form.is_valid():
        return False
    try:
        record_training(person, course, **form.cleaned_data, actor=actor_of(request.user))
    except RefusedError as error:
        form.show_refusal(error)
        return False
    messages.success(request, f"Recorded: {course.label}.")
    return True
