"""The two reports that need no facts: the flow of patients and the accrual."""

from collections.abc import Iterable, Sequence

from endpoints.accrual import PhaseAccrual, compute_accrual
from endpoints.figures import draw_accrual, save_svg
from endpoints.flow import Participant, PhaseFlow, PhasePlan, compute_flow
from endpoints.flow_figure import draw_flow
from endpoints.flow_steps import select_step
from endpoints.flow_tables import describe_flow, make_accrual_table, make_flow_table, make_forecast_table
from endpoints.layout import NOT_DEFINED, Behind, Column, FigureLink, Listing, PatientRow, Report, ReportInput, Section
from trialsite.protocol.model import Phase, Protocol


def compute_flows(given: ReportInput) -> list[PhaseFlow]:
    """The flow of every phase, each for itself; by arm where the input has arms."""
    has_arms = given.arms is not None
    return [
        compute_flow(_plan_phase(phase, given.protocol, has_arms), given.participants, given.arms)
        for phase in given.protocol.phases
    ]


def _plan_phase(phase: Phase, protocol: Protocol, has_arms: bool) -> PhasePlan:
    arms = protocol.arms_of_phase(phase.number) if has_arms and phase.is_randomized else ()
    return PhasePlan(
        phase.number, f"Phase {phase.number}", phase.is_randomized, tuple((arm.key, arm.label) for arm in arms)
    )


def build_flow(given: ReportInput) -> Report:
    """A diagram and a table per phase; a warning where the sums do not agree stands among the notes of the page."""
    sections = [_make_flow_section(flow) for flow in compute_flows(given)]
    return Report(tuple(sections), is_empty=not given.participants)


def _make_flow_section(flow: PhaseFlow) -> Section:
    figure = FigureLink(f"phase-{flow.phase_number}", f"Flow of patients, {flow.label}", "", describe_flow(flow))
    lead = f"{flow.equation}." + ("" if flow.problems else " The diagram adds up.")
    return Section(flow.label, lead, (figure,) if flow.assessed else (), (make_flow_table(flow),))


def draw_flow_figure(given: ReportInput, figure: FigureLink) -> bytes:
    flow = next(one for one in compute_flows(given) if figure.key == f"phase-{one.phase_number}")
    return save_svg(draw_flow(flow), figure.title, figure.in_words)


def list_flow(given: ReportInput, numbers: Sequence[str], behind: Behind | None = None) -> Listing | None:
    """Where each patient stands; `behind` for those in one box, None where there is no such box."""
    found = select_step(behind, given.participants, given.arms) if behind else (given.participants, "")
    if found is None:
        return None
    members, title = found
    columns = tuple(
        Column(heading, is_number=False)
        for heading in ("Registered", "Entered", "Procedure", "Where", "How it ended", "Analyzed")
    )
    chosen = set(numbers)
    rows = tuple(
        PatientRow(one.number, _label_group(one, given), _list_cells(one)) for one in members if one.number in chosen
    )
    return Listing(title or "Where each patient stands", columns, rows)


def _label_group(one: Participant, given: ReportInput) -> str:
    """The arm where the input has arms and the patient has one, else the phase."""
    arm = (given.arms or {}).get(one.patient_id)
    return given.protocol.arm(arm).label if arm else f"Phase {one.phase_number}"


def _list_cells(one: Participant) -> tuple[str, ...]:
    days = (one.registered_on, one.entered_on, one.procedure_on)
    reasons = "; ".join(one.failure_reasons)
    ended = one.why_ended if one.has_entered and one.has_ended else reasons
    return (
        *(str(day) if day else NOT_DEFINED for day in days),
        _place(one),
        ended or NOT_DEFINED,
        "Yes" if one.is_analyzed else "No",
    )


_PLACES = (
    ("is_excluded", "Excluded"),
    ("is_in_screening", "In screening"),
    ("is_awaiting_procedure", "Procedure still to come"),
    ("is_not_treated", "No procedure"),
    ("has_completed", "Completed"),
    ("has_stopped", "Ended early"),
    ("is_in_follow_up", "In follow-up"),
)


def _place(one: Participant) -> str:
    return ", ".join(words for name, words in _PLACES if getattr(one, name)) or "Nowhere"


def compute_accruals(given: ReportInput) -> list[PhaseAccrual]:
    return [
        compute_accrual(phase.number, f"Phase {phase.number}", phase.planned_n, given.participants)
        for phase in given.protocol.phases
    ]


def build_accrual(given: ReportInput) -> Report:
    """Steps over time for all phases in one figure, and a table per phase."""
    accruals = [one for one in compute_accruals(given) if one.months]
    last = max((day for one in given.participants for day in (one.registered_on, one.entered_on) if day), default=None)
    forecasts = [make_forecast_table(accruals, last)] if last else []
    tables = (*(make_accrual_table(one) for one in accruals), *forecasts)
    figures = (FigureLink("accrual", "Patients entered over time", _describe_accrual(accruals)),)
    has_entered = any(one.entered_on for one in accruals)
    return Report(
        (Section("Patients over time", "", figures if has_entered else (), tables),) if accruals else (),
        is_empty=not accruals,
    )


def _describe_accrual(accruals: Iterable[PhaseAccrual]) -> str:
    return " ".join(f"{one.label}: {len(one.entered_on)} of {one.planned_n} planned." for one in accruals)


def draw_accrual_figure(given: ReportInput, figure: FigureLink) -> bytes:
    return save_svg(draw_accrual(compute_accruals(given)), figure.title, figure.description)
