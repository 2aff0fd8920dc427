"""Where the statistician starts: what the allocation list and the code breaks ask for, and the way to the reports."""

from django.http import HttpResponse
from django.shortcuts import render

from enrollment.actions.code_break import get_unassessed
from enrollment.vault.state import get_alarms, get_list_state
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol


@requires(Permission.MANAGE_ALLOCATION_LIST)
def keeper(request: SignedInRequest) -> HttpResponse:
    """Strata that run out, lists that are missing, refusals of the vault, code breaks nobody assessed; nothing of it is told to anybody else."""
    states = [get_list_state(phase) for phase in get_protocol().phases if phase.is_randomized]
    page = {
        "low": [(state.phase.label, stock) for state in states for stock in state.low_stock],
        "unsealed": [state.phase.label for state in states if not state.is_sealed],
        "alarms": get_alarms(),
        "unassessed": get_unassessed(request.user),
    }
    return render(request, "vault/keeper.html", page)
