"""The allocation list, as its keeper works with it: the statistician, and nobody else."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from enrollment.forms.allocation import SealForm, UploadForm
from enrollment.vault.lists import generate_list, seal_list
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.slots import void_next_slot
from enrollment.vault.state import get_list_state, verify_list
from enrollment.vault.upload import LARGEST_FILE
from enrollment.vault.uploads import UnfitListError, take_upload
from enrollment.views.allocation_page import Shown, load_phase, prefix_of, read_scheme_form, show_page, void_form
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol

Act = Callable[[], object]


@requires(Permission.MANAGE_ALLOCATION_LIST)
def allocation(request: SignedInRequest) -> HttpResponse:
    """The lists of all randomized phases."""
    return show_page(request)


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def generate(request: SignedInRequest, phase_number: int) -> HttpResponse:
    """Make a list by the scheme that was chosen; or only compare the scheme with others, and make nothing."""
    phase = load_phase(phase_number)
    form, scheme = read_scheme_form(phase, request.POST)
    if scheme is None:
        return show_page(request, Shown(phase=phase, forms={"generate": form}), status=422)
    if "compare" in request.POST:
        patients = form.cleaned_data["patients"]
        return show_page(request, Shown(phase=phase, forms={"generate": form}, scheme=scheme, patients=patients))
    least, actor = form.cleaned_data["least_per_stratum"], actor_of(request.user)
    return _act(
        request,
        lambda: generate_list(phase, get_protocol(), scheme=scheme, least_per_stratum=least, actor=actor),
        "A list was generated. It serves once it is sealed.",
    )


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def upload(request: SignedInRequest, phase_number: int) -> HttpResponse:
    """Take a list that was made elsewhere, if every line is right; else name every fault and keep nothing."""
    phase = load_phase(phase_number)
    form = UploadForm(request.POST, request.FILES, prefix=prefix_of(phase))
    if not form.is_valid():
        return show_page(request, Shown(phase=phase, forms={"upload": form}), status=422)
    # One byte more than is allowed: enough to see that it is too much.
    content = form.cleaned_data["file"].read(LARGEST_FILE + 1)
    try:
        told = take_upload(phase, get_protocol(), content, actor=actor_of(request.user))
    except UnfitListError as error:
        return show_page(request, Shown(phase=phase, forms={"upload": form}, faults=error.faults), status=422)
    except VaultRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The list was taken. {told} It serves once it is sealed.")
    return redirect("allocation")


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def void(request: SignedInRequest, phase_number: int) -> HttpResponse:
    """Let the next slot of a stratum go to nobody."""
    phase = load_phase(phase_number)
    form = void_form(phase, request.POST)
    if not form.is_valid():
        return show_page(request, Shown(phase=phase, forms={"void": form}), status=422)
    said, actor = form.cleaned_data, actor_of(request.user)
    return _act(
        request,
        lambda: void_next_slot(phase, said["stratum"], said["reason"], actor=actor),
        "The slot is void. The next patient takes the one after it.",
    )


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def seal(request: SignedInRequest, phase_number: int) -> HttpResponse:
    phase = load_phase(phase_number)
    form = SealForm(request.POST, prefix=prefix_of(phase))
    if not form.is_valid():
        return show_page(request, Shown(phase=phase, forms={"seal": form}), status=422)
    list_id, actor = form.cleaned_data["list_id"], actor_of(request.user)
    return _act(
        request,
        lambda: seal_list(list_id, get_protocol(), actor=actor),
        "The list is sealed and serves from now on. Its commitment is published.",
    )


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def verify(request: SignedInRequest, phase_number: int) -> HttpResponse:
    state = get_list_state(load_phase(phase_number))
    if state.newest is None:
        raise Http404
    problem = verify_list(state.newest, is_sealed=state.is_sealed, actor=actor_of(request.user))
    if problem:
        messages.error(request, f"{problem} No patient can be drawn. Tell the sponsor before anything else is done.")
    else:
        messages.success(request, "Every slot was opened and compared: the list gives its commitment.")
    return redirect("allocation")


def _act(request: SignedInRequest, act: Act, done: str) -> HttpResponse:
    try:
        act()
    except VaultRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("allocation")
