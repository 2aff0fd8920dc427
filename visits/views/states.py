"""The states of a form and who may take it further, for everyone who signs in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import ROLE_PERMISSIONS, Role
from trialsite.marks.states import MEANING_OF_STATE, STEPS, State, Step


@requires()
@require_safe
def form_states(request: SignedInRequest) -> HttpResponse:
    page = {
        "states": [(state.value, MEANING_OF_STATE[state]) for state in State],
        "lines": [_line(step) for step in STEPS],
        "trail": [("Home", "/"), ("States of a form", "")],
    }
    return render(request, "visits/states.html", page)


def _line(step: Step) -> dict[str, str]:
    before = [state.value for state in State if state in step.before]
    return {
        "words": step.words,
        "before": ", ".join(before),
        "after": step.after.value if step.after else "what the marks left say",
        "roles": ", ".join(role.label for role in Role if ROLE_PERMISSIONS[role] & step.needs),
        "note": step.note,
    }
