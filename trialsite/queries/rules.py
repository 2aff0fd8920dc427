"""The states of a data query and what leads from one to the other; which questions of checks open, close or reopen one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Act(StrEnum):
    """What a person or a check does to a query; each leaves a message."""

    OPEN = "open"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


class ClosedBy(StrEnum):
    """Why a query is closed: somebody was satisfied, the data came right, or the value was confirmed in the form."""

    PERSON = "person"
    DATA = "data"
    CONFIRMATION = "confirmation"


# An answer that comes late is kept, and changes nothing: closing is for those who asked.
TRANSITIONS: Mapping[tuple[State, Act], State] = {
    (State.OPEN, Act.ANSWER): State.ANSWERED,
    (State.ANSWERED, Act.ANSWER): State.ANSWERED,
    (State.CLOSED, Act.ANSWER): State.CLOSED,
    (State.OPEN, Act.CLOSE): State.CLOSED,
    (State.ANSWERED, Act.CLOSE): State.CLOSED,
    (State.OPEN, Act.REOPEN): State.OPEN,
    (State.ANSWERED, Act.REOPEN): State.OPEN,
    (State.CLOSED, Act.REOPEN): State.OPEN,
}


def next_state(state: State, act: Act) -> State | None:
    """Where an act leads; None where it makes no sense."""
    return TRANSITIONS.get((state, act))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A check's query as it stands: `fingerprint` tells for which question to which value."""

    state: State
    closed_by: ClosedBy | None
    fingerprint: str


class Move(StrEnum):
    """What becomes of a check's query after a save."""

    OPEN = "open"
    REOPEN = "reopen"
    ASK_ANEW = "ask_anew"
    CLOSE_CONFIRMED = "close_confirmed"
    CLOSE_RIGHT = "close_right"
    NOTE_CONFIRMED = "note_confirmed"


def decide_move(known: Standing | None, fingerprint: str | None, *, is_answered: bool) -> Move | None:
    """What a save means for the query of one check; None: nothing.

    `fingerprint` is None when the check finds nothing any more. What a person closed stays closed while question and value are the same.
    """
    if fingerprint is None:
        return Move.CLOSE_RIGHT if known and known.state is not State.CLOSED else None
    if is_answered:
        return _decide_confirmed(known, fingerprint)
    if known is None:
        return Move.OPEN
    if known.state is not State.CLOSED:
        return None if known.fingerprint == fingerprint else Move.ASK_ANEW
    is_settled = known.closed_by is ClosedBy.PERSON and known.fingerprint == fingerprint
    return None if is_settled else Move.REOPEN


def _decide_confirmed(known: Standing | None, fingerprint: str) -> Move | None:
    if known is not None and known.state is not State.CLOSED:
        return Move.CLOSE_CONFIRMED
    is_known = known is not None and known.fingerprint == fingerprint
    return None if is_known else Move.NOTE_CONFIRMED
