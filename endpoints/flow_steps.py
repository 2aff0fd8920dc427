"""The patients in each box of the flow diagram, and how an address names the box. Pure."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from operator import eq, le
from uuid import UUID

from endpoints.flow import WITHDRAWN_DATA, Participant
from endpoints.layout import Behind

PART = "flow"
ALL = "all"
"""In the place of an arm: patients of every arm and of none."""

STEPS: Mapping[str, tuple[str, Callable[[Participant], bool]]] = {
    "assessed": ("Assessed for eligibility", lambda one: True),
    "excluded": ("Excluded", lambda one: one.is_excluded),
    "in_screening": ("Still in screening", lambda one: one.is_in_screening),
    "entered": ("Entered", lambda one: one.has_entered),
    "treated": ("Procedure begun", lambda one: one.is_treated),
    "awaiting": ("Procedure still to come", lambda one: one.has_entered and one.is_awaiting_procedure),
    "not_treated": ("No procedure", lambda one: one.has_entered and one.is_not_treated),
    "completed": ("Follow-up completed", lambda one: one.is_treated and one.has_completed),
    "in_follow_up": ("In follow-up", lambda one: one.is_treated and one.is_in_follow_up),
    "stopped": ("Follow-up ended early", lambda one: one.is_treated and one.has_stopped),
    "analyzed": ("Analyzed", lambda one: one.is_treated and one.is_analyzed),
    "not_analyzed": ("Not analyzed", lambda one: one.is_treated and not one.is_analyzed),
}
"""By key how a box is called, and whether a patient is in it."""
_MONTHS: Mapping[str, tuple[str, str, Callable[[str, str], bool]]] = {
    "registered_in": ("Registered in", "registered_on", eq),
    "entered_in": ("Entered in", "entered_on", eq),
    "entered_by": ("Entered up to", "entered_on", le),
}
"""Of the accrual: by key how it is called, the day that is meant, and how its month must lie to the one asked for."""
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


def name_step(phase_number: int, step: str, reason: str = "", *, arm: str = ALL, report: str = "") -> Behind:
    """A box as what stands behind a number; `reason` is one of those it is divided by, or a month such as 2014-03.

    Reasons are words that people wrote. An address, which logs and histories keep, has their digest.
    """
    shown = reason if step in _MONTHS or not reason else _digest(reason)
    return Behind(PART, step, shown, f"phase-{phase_number}", arm, report)


def _digest(reason: str) -> str:
    return sha256(reason.encode()).hexdigest()[:12]


def select_step(
    behind: Behind, participants: tuple[Participant, ...], arms: Mapping[UUID, str] | None
) -> tuple[list[Participant], str] | None:
    """The patients in a box and what they are, or None for one that there is not; of an arm only where arms are known."""
    found = _choose(behind)
    if found is None or behind.part != PART or (behind.group != ALL and behind.group not in (arms or {}).values()):
        return None
    label, is_in = found
    phase = behind.visit.removeprefix("phase-")
    kept = [one for one in participants if str(one.phase_number) == phase and is_in(one)]
    if behind.group != ALL:
        kept = [one for one in kept if (arms or {}).get(one.patient_id) == behind.group]
    return (kept, f"{label}, phase {phase}") if any(str(one.phase_number) == phase for one in participants) else None


def _choose(behind: Behind) -> tuple[str, Callable[[Participant], bool]] | None:
    """How a box is called, and who is in it."""
    reason, step = behind.analysis, behind.outcome
    if step in _MONTHS:
        if not _MONTH.fullmatch(reason):
            return None
        label, name, lies = _MONTHS[step]
        return f"{label} {reason}", lambda one: bool(day := getattr(one, name)) and lies(f"{day:%Y-%m}", reason)
    if step not in STEPS:
        return None
    label, is_in = STEPS[step]
    if not reason:
        return label, is_in
    return f"{label}, for one reason", lambda one: is_in(one) and reason in map(_digest, _list_reasons(one, step))


def _list_reasons(one: Participant, step: str) -> tuple[str, ...]:
    """The words under which the diagram counts a patient within a box."""
    if step == "excluded":
        return one.failure_reasons or (one.why_ended,)
    return (WITHDRAWN_DATA,) if step == "not_analyzed" else (one.why_ended,)
