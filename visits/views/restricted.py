"""The operator's forms: entered and read by unblinded people only, and checked against the arm."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache

from enrollment.models import Patient
from enrollment.vault.reveal import get_arm_to_check
from trialsite.accounts.access import SignedInRequest, requires
from trialsite.accounts.roles import Permission
from trialsite.protocol.current import get_protocol
from trialsite.records.entry import handle_entry, hold_unfinished
from trialsite.records.forms import COMPUTE
from visits.views.consent_first import consent_first, withdrawn_use
from visits.views.forms import make_visit_entry, open_visit_form
from visits.views.loaders import load_definition, load_visit_with_facts
from visits.visit import VisitStatus


@requires(Permission.VIEW_RESTRICTED_RECORDS)
@never_cache
def restricted_form(request: SignedInRequest, visit_id: UUID, key: str) -> HttpResponse:
    """One restricted form of one visit. Only what is sent to be stored is held against the arm: opening the page opens nothing.

    Nor does what is computed after each pause in typing, or what has to be asked before it can be stored: there is more to type and to
    ask in one arm, and each look is an entry of the trail.
    """
    visit, facts = load_visit_with_facts(request.user, visit_id)
    definition = load_definition(request.user, key)
    if not definition.is_restricted or visit.status == VisitStatus.MISSED:
        raise Http404
    if refused := consent_first(request, visit.patient, facts):
        return refused
    record, context = open_visit_form(definition, visit, facts)
    if refused := withdrawn_use(request, visit.patient, key, is_new=not record.is_stored):
        return refused
    entry = make_visit_entry(request.user, definition, record, visit, context)
    is_sent = request.method == "POST" and request.POST.get("intent") != COMPUTE
    if not is_sent or not definition.may_enter(request.user):
        return handle_entry(request, entry)
    if held := hold_unfinished(request, entry):
        return held
    context = replace(context, related={**context.related, "arm": _find_arm(request, visit.patient)})
    return handle_entry(request, make_visit_entry(request.user, definition, record, visit, context))


def _find_arm(request: SignedInRequest, patient: Patient) -> str | None:
    """The arm of the protocol's open phase is no secret; that of a randomized one comes out of the vault."""
    phase = get_protocol().phase(patient.phase_number)
    if not phase.is_randomized:
        return phase.arms[0] if patient.entered_on else None
    return get_arm_to_check(patient, user=request.user)
