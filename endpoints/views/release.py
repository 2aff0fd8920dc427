"""Opening the arms: the statistician asks, the data manager confirms. And what lets anybody verify afterwards that nothing was altered."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from endpoints.actions.release import ask_release, confirm_release, decline_release
from endpoints.forms.release import AskReleaseForm, ConfirmReleaseForm, DeclineReleaseForm
from endpoints.models import ReleaseRequest
from endpoints.selectors.release import get_ground, get_open_request, get_release, list_declined, list_what_changed
from endpoints.selectors.released import list_released_files, read_released_file
from endpoints.views.marking import name_taken
from enrollment.refusal import RefusedError
from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.attempts import WRONG_PASSWORD, confirm_password
from trialsite.accounts.other_address import find_other_address
from trialsite.accounts.roles import Permission
from trialsite.lib import clock
from trialsite.lib.options import BLINDED
from trialsite.protocol.current import get_protocol


@requires(Permission.VIEW_ARM_REPORTS, Permission.CONFIRM_RELEASE)
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: SignedInRequest) -> HttpResponse:
    """How the release stands; POST asks for it, confirms it or declines it."""
    forms = _make_forms(request)
    sent = next((form for form in forms.values() if form.is_bound), None)
    if sent is not None and sent.is_valid() and _act(request, sent):
        return redirect("release")
    return render(
        request, "endpoints/release.html", _page(request, forms), status=422 if request.method == "POST" else 200
    )


def is_confirmed_elsewhere() -> bool:
    """The process for blinded people shows how it stands. Its role of the database could put any name below a confirmation, so it writes none."""
    return bool(settings.SERVES == BLINDED)


def _make_forms(request: SignedInRequest) -> dict[str, Any]:
    """The forms of this person, the one that was sent with what was sent."""
    opened = get_open_request()
    shown = {"shown": str(opened.pk)} if opened else {}
    kinds: dict[str, Any] = {"ask": AskReleaseForm}
    if is_confirmed_elsewhere():
        kinds = {}
    elif request.user.may(Permission.CONFIRM_RELEASE):
        kinds = {"confirm": ConfirmReleaseForm, "decline": DeclineReleaseForm}
    chosen = next((key for key in kinds if key in request.POST), None)
    return {key: kind(request.POST if key == chosen else None, initial=shown) for key, kind in kinds.items()}


def _act(request: SignedInRequest, form: Any) -> bool:
    said, user, protocol = form.cleaned_data, request.user, get_protocol()
    if "password" in said and not confirm_password(request, user, said["password"]):
        form.add_error("password", WRONG_PASSWORD)
        return False
    try:
        if isinstance(form, AskReleaseForm):
            ask_release(user, protocol, reason=said["reason"].strip())
            messages.success(request, "Asked for. The arms stay closed until a data manager confirms it on this page.")
        elif isinstance(form, ConfirmReleaseForm):
            confirm_release(user, protocol, shown=said["shown"])
            messages.success(request, "The arms are open for the statistician's reports.")
        else:
            decline_release(user, shown=said["shown"], reason=said["no_because"].strip())
            messages.success(request, "Declined. The arms stay closed.")
    except (RefusedError, VaultRefusedError) as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _page(request: SignedInRequest, forms: dict[str, Any]) -> dict[str, Any]:
    protocol, done, opened = get_protocol(), get_release(), get_open_request()
    ground = get_ground(protocol)
    stated = done.request if done else opened
    is_keeper = request.user.may(Permission.VIEW_ARM_REPORTS)
    return {
        **forms,
        "done": done,
        "opened": opened,
        "stamps": _list_stamps(stated) if stated else [],
        "changed": list(list_what_changed(stated, ground, protocol)) if stated else [],
        "conditions": ground.conditions,
        "is_ready": ground.is_ready,
        "declined": list_declined(),
        "is_keeper": is_keeper,
        "elsewhere": find_other_address() if is_confirmed_elsewhere() else None,
        "files": list_released_files(protocol) if done and is_keeper else [],
        "trail": [("Reports", reverse("reports")), ("Release", "")] if is_keeper else [("Release", "")],
    }


def _list_stamps(stated: ReleaseRequest) -> list[tuple[str, str]]:
    lists = [(f"List of phase {phase} (SHA-256)", sha256) for phase, sha256 in sorted(stated.commitments.items())]
    return [
        (f"Snapshot {stated.snapshot_serial} (SHA-256)", stated.snapshot_sha256),
        *lists,
        ("Analysis sets (SHA-256)", stated.sets_sha256),
        ("Protocol file (SHA-256)", stated.protocol_sha256),
        ("Code of the reports", stated.code_version),
    ]


@requires(Permission.VIEW_ARM_REPORTS)
def released_file(request: SignedInRequest, file_key: str) -> HttpResponse:
    """One file to verify the release with; before it, there is none."""
    found = read_released_file(file_key, user=request.user, protocol=get_protocol())
    if found is None:
        raise Http404
    answer = HttpResponse(found, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_key}{name_taken(request.user, clock.now())}.txt"'
    return answer
