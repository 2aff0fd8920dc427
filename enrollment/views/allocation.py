"""The allocation list, as its keeper sees it: the statistician, and nobody else."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from enrollment.forms.allocation import GenerateForm, SealForm
from enrollment.models import Patient
from enrollment.selectors.commitment import get_commitments
from enrollment.strata import list_strata
from enrollment.vault.lists import generate_list, seal_list
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.state import ListState, get_alarms, get_list_state, verify_list
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.actor import actor_of
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Allocation, Phase

Act = Callable[[], object]


@requires(Permission.MANAGE_ALLOCATION_LIST)
def allocation(request: SignedInRequest) -> HttpResponse:
    """The lists of all randomized phases."""
    return _page(request)


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def generate(request: SignedInRequest, phase_number: int) -> HttpResponse:
    phase = _load_phase(phase_number)
    form = GenerateForm(request.POST, prefix=_prefix(phase))
    if not form.is_valid():
        return _page(request, {_prefix(phase): {"generate": form}}, status=422)
    least = form.cleaned_data["least_per_stratum"]
    actor = actor_of(request.user)
    return _act(
        request,
        lambda: generate_list(phase, get_protocol(), least_per_stratum=least, actor=actor),
        "A list was generated. It serves once it is sealed.",
    )


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def seal(request: SignedInRequest, phase_number: int) -> HttpResponse:
    phase = _load_phase(phase_number)
    form = SealForm(request.POST, prefix=_prefix(phase))
    if not form.is_valid():
        return _page(request, {_prefix(phase): {"seal": form}}, status=422)
    list_id, actor = form.cleaned_data["list_id"], actor_of(request.user)
    return _act(
        request,
        lambda: seal_list(list_id, get_protocol(), actor=actor),
        "The list is sealed and serves from now on. Its commitment is published.",
    )


@requires(Permission.MANAGE_ALLOCATION_LIST)
@require_POST
def verify(request: SignedInRequest, phase_number: int) -> HttpResponse:
    state = get_list_state(_load_phase(phase_number))
    if state.newest is None:
        raise Http404
    problem = verify_list(state.newest, is_sealed=state.is_sealed, actor=actor_of(request.user))
    if problem:
        messages.error(request, f"{problem} No patient can be drawn. Tell the sponsor before anything else is done.")
    else:
        messages.success(request, "Every slot was opened and compared: the list gives its commitment.")
    return redirect("allocation")


def _load_phase(number: int) -> Phase:
    phase = next((phase for phase in get_protocol().phases if phase.number == number), None)
    if phase is None or phase.allocation is None:
        raise Http404
    return phase


def _prefix(phase: Phase) -> str:
    return f"phase{phase.number}"


def _act(request: SignedInRequest, act: Act, done: str) -> HttpResponse:
    try:
        act()
    except VaultRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("allocation")


def _page(
    request: SignedInRequest, forms: dict[str, dict[str, Any]] | None = None, *, status: int = 200
) -> HttpResponse:
    phases = [phase for phase in get_protocol().phases if phase.allocation is not None]
    page = {
        "sections": [_section(phase, (forms or {}).get(_prefix(phase), {})) for phase in phases],
        "alarms": get_alarms(),
        "commitments": get_commitments(),
    }
    return render(request, "vault/allocation.html", page, status=status)


def _section(phase: Phase, forms: dict[str, Any]) -> dict[str, Any]:
    state = get_list_state(phase)
    return {
        "state": state,
        "scheme": _words_of_scheme(phase),
        "drawn": Patient.objects.filter(phase_number=phase.number).exclude(randomization_code="").count(),
        "generate": forms.get("generate") or _new_generate_form(phase),
        "seal": forms.get("seal") or _new_seal_form(state),
    }


def _new_generate_form(phase: Phase) -> GenerateForm:
    # Half as many again as planned, in each stratum: nobody knows which site will recruit the most.
    return GenerateForm(prefix=_prefix(phase), initial={"least_per_stratum": phase.planned_n * 3 // 2})


def _new_seal_form(state: ListState) -> SealForm:
    return SealForm(prefix=_prefix(state.phase), initial={"list_id": state.newest.id if state.newest else None})


def _words_of_scheme(phase: Phase) -> list[tuple[str, str]]:
    """What the protocol file asks for. Only this page says it: block sizes help to guess arms."""
    asked = phase.allocation
    if asked is None:
        return []
    labels = {arm.key: arm.label for arm in get_protocol().arms}
    ratio = " : ".join(f"{share} {labels[arm]}" for arm, share in asked.ratio.items())
    strata = ", ".join(list_strata(asked, get_protocol()))
    return [("Method", _words_of_method(asked)), ("Ratio", ratio), ("Strata", strata)]


def _words_of_method(asked: Allocation) -> str:
    if asked.method == "big_stick":
        return f"Big stick, no arm further ahead than {asked.imbalance_limit}"
    return f"Permuted blocks of {' or '.join(map(str, asked.block_sizes))}, sizes by chance"
