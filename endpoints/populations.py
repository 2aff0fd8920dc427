"""The sets of patients a report can be computed on, and how one is cut out of what a report is given. Pure.

A set is of randomized phases; an open phase stays whole in each. Who withdrew the use of their data is in none. With dummy arms
nothing is known of what was done, so each patient counts in the dummy arm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from endpoints.layout import AnalysisSets, PlainRow, RecordedFacts, ReportInput

FULL, ITT, SAFETY = "full", "intention-to-treat", "safety"
PER_PROTOCOL, NEVER_EXPOSED = "per-protocol", "never-exposed"


@dataclass(frozen=True, slots=True)
class Population:
    """A set as pages and files call it: `rule` says in words who is in it, and by which arm they count."""

    key: str
    label: str
    rule: str


POPULATIONS: Mapping[str, Population] = {
    one.key: one
    for one in (
        Population(FULL, "Full analysis set", "everyone drawn whose procedure was begun, by the arm drawn"),
        Population(
            ITT,
            "Intention to treat",
            "everyone drawn, by the arm drawn; whose procedure was not begun has no study day, and counts without a value",
        ),
        Population(SAFETY, "Safety", "everyone whose procedure was begun, by what was done"),
        Population(
            PER_PROTOCOL,
            "Per protocol",
            "no major deviation, the procedure done as drawn, and the visit that the protocol names",
        ),
        Population(
            NEVER_EXPOSED,
            "Never exposed",
            "the full analysis set without those whose arm somebody who must be blinded knew or could know",
        ),
    )
}


def list_populations(given: ReportInput) -> tuple[Population, ...]:
    """The sets that this input can be cut to: all of them for who knows arms, the full one alone for everybody else."""
    return tuple(POPULATIONS.values()) if given.sets is not None and given.arms is not None else (POPULATIONS[FULL],)


def restrict(given: ReportInput, key: str) -> ReportInput:
    """The input cut to one set. Raises `LookupError` for a set it cannot be cut to."""
    if key == FULL:
        return given
    if given.sets is None or given.arms is None or key not in POPULATIONS:
        raise LookupError(f"There is no analysis set {key}.")
    kept = frozenset(_list_members(given, given.sets, given.arms, key))
    arms = {**given.arms, **given.sets.done} if key == SAFETY else given.arms
    return replace(given, recorded=_keep(given.recorded, given.sets, kept), arms=arms, population=key)


def _list_members(given: ReportInput, sets: AnalysisSets, arms: Mapping[UUID, str], key: str) -> Iterator[UUID]:
    randomized = {phase.number for phase in given.protocol.phases if phase.is_randomized}
    for one in given.recorded.patients:
        if one.phase not in randomized or _is_member(one.patient_id, sets, arms, key):
            yield one.patient_id
    if key == ITT:
        yield from (one.patient_id for one in sets.untreated)


def _is_member(patient: UUID, sets: AnalysisSets, arms: Mapping[UUID, str], key: str) -> bool:
    """Whether a patient whose procedure was begun is in a set."""
    if key == PER_PROTOCOL:
        drawn = arms.get(patient)
        return patient in sets.per_protocol and sets.done.get(patient, drawn) == drawn
    return key != NEVER_EXPOSED or patient in sets.never_exposed


def _keep(recorded: RecordedFacts, sets: AnalysisSets, kept: frozenset[UUID]) -> RecordedFacts:
    patients = tuple(one for one in (*recorded.patients, *sets.untreated) if one.patient_id in kept)
    subjects = {one.subject for one in patients}
    return replace(
        recorded,
        patients=patients,
        visits=tuple(one for one in recorded.visits if one.subject in subjects),
        adverse_events=_of(recorded.adverse_events, subjects),
        relapses=_of(recorded.relapses, subjects),
        guesses=tuple(one for one in recorded.guesses if one.patient_id in kept),
        procedures=tuple(one for one in recorded.procedures if one.patient_id in kept),
    )


def _of(rows: tuple[PlainRow, ...], subjects: set[str]) -> tuple[PlainRow, ...]:
    return tuple(row for row in rows if row["subject"] in subjects)
