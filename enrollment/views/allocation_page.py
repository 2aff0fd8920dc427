"""What the page of the allocation list shows: a section for each randomized phase, with its forms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from enrollment.forms.allocation import GenerateForm, SealForm, UploadForm, VoidForm
from enrollment.models import Patient
from enrollment.selectors.commitment import get_commitments
from enrollment.strata import list_strata
from enrollment.vault.compare import compare_schemes
from enrollment.vault.lists import allocation_of
from enrollment.vault.schemes import METHOD_LABELS, Scheme, find_faults
from enrollment.vault.state import ListState, find_scheme, get_alarms, get_list_state
from enrollment.vault.upload import Fault
from trialsite.protocol.current import get_protocol
from trialsite.protocol.model import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was sent about one phase and is shown again: forms by name, and a scheme to compare."""

    phase: Phase | None = None
    forms: dict[str, Any] = field(default_factory=dict)
    scheme: Scheme | None = None
    patients: int | None = None
    faults: Sequence[Fault] = ()


NOTHING_SENT = Shown()
FAULTS_SHOWN = 50


def load_phase(number: int) -> Phase:
    """The randomized phase of this number; everything else is unknown."""
    phase = next((phase for phase in get_protocol().phases if phase.number == number), None)
    if phase is None or phase.allocation is None:
        raise Http404
    return phase


def prefix_of(phase: Phase) -> str:
    return f"phase{phase.number}"


def read_scheme_form(phase: Phase, sent: QueryDict) -> tuple[GenerateForm, Scheme | None]:
    """The form as it was sent, with whatever is wrong at its place, and the scheme it asks for."""
    form = _generate_form(phase, sent)
    if not form.is_valid():
        return form, None
    said = form.cleaned_data
    in_blocks, with_limit = said["method"].endswith("blocks"), said["method"] == "big_stick"
    scheme = Scheme(
        method=said["method"],
        ratio=allocation_of(phase).ratio,
        block_sizes=said["block_sizes"] if in_blocks else (),
        imbalance_limit=said["imbalance_limit"] if with_limit else None,
    )
    form.add_faults(find_faults(scheme))
    return form, scheme if form.is_valid() else None


def show_page(request: HttpRequest, shown: Shown = NOTHING_SENT, *, status: int = 200) -> HttpResponse:
    phases = [phase for phase in get_protocol().phases if phase.allocation is not None]
    page = {
        "sections": [_section(phase, shown if phase == shown.phase else NOTHING_SENT) for phase in phases],
        "alarms": get_alarms(),
        "commitments": get_commitments(),
    }
    return render(request, "vault/allocation.html", page, status=status)


def _section(phase: Phase, shown: Shown) -> dict[str, Any]:
    state = get_list_state(phase)
    own = find_scheme(state.newest) if state.newest else None
    return {
        "state": state,
        "facts": _facts(state, own),
        "drawn": Patient.objects.filter(phase_number=phase.number).exclude(randomization_code="").count(),
        "generate": shown.forms.get("generate") or _generate_form(phase),
        "seal": shown.forms.get("seal") or _seal_form(state),
        "upload": shown.forms.get("upload") or UploadForm(prefix=prefix_of(phase)),
        "void": shown.forms.get("void") or void_form(phase),
        "faults": shown.faults[:FAULTS_SHOWN],
        "more_faults": max(0, len(shown.faults) - FAULTS_SHOWN),
        "columns": ["stratum"] * (len(strata_of(phase)) > 1) + ["position", "arm"],
        "predictability": None if state.is_sealed else _predictability(phase, shown, own),
    }


def _predictability(phase: Phase, shown: Shown, own: Scheme | None) -> dict[str, Any]:
    patients = shown.patients or expected_per_stratum(phase)
    chosen = shown.scheme or own
    return {"patients": patients, "lines": compare_schemes(allocation_of(phase).ratio, patients, chosen)}


def expected_per_stratum(phase: Phase) -> int:
    """Planned patients, spread evenly over the strata."""
    return -(-phase.planned_n // len(strata_of(phase)))


def strata_of(phase: Phase) -> list[str]:
    return list_strata(allocation_of(phase), get_protocol())


def void_form(phase: Phase, sent: QueryDict | None = None) -> VoidForm:
    return VoidForm(sent, prefix=f"{prefix_of(phase)}-void", strata=strata_of(phase))


def _generate_form(phase: Phase, sent: QueryDict | None = None) -> GenerateForm:
    return GenerateForm(
        sent,
        prefix=prefix_of(phase),
        methods=METHOD_LABELS.items(),
        smallest_block=sum(allocation_of(phase).ratio.values()),
        # Half as many again as planned, in each stratum: nobody knows which site will recruit the most.
        initial={"patients": expected_per_stratum(phase), "least_per_stratum": phase.planned_n * 3 // 2},
    )


def _seal_form(state: ListState) -> SealForm:
    return SealForm(prefix=prefix_of(state.phase), initial={"list_id": state.newest.id if state.newest else None})


def _facts(state: ListState, scheme: Scheme | None) -> list[tuple[str, str]]:
    """What the list must hold, and how its order was made. Only this page says the latter."""
    asked = allocation_of(state.phase)
    labels = {arm.key: arm.label for arm in get_protocol().arms}
    ratio = " : ".join(f"{share} {labels[arm]}" for arm, share in asked.ratio.items())
    made_by = [("Scheme", scheme.label if scheme else "not known here")] if state.newest else []
    return [("Ratio", ratio), ("Strata", ", ".join(strata_of(state.phase))), *made_by]
