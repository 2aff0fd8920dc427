"""Where each act leads a query, and what a save means for the query of a check."""

import pytest

from trialsite.queries.rules import Act, ClosedBy, Move, Standing, State, decide_move, next_state


@pytest.mark.parametrize(
    ("state", "act", "leads_to"),
    [
        (State.OPEN, Act.ANSWER, State.ANSWERED),
        (State.ANSWERED, Act.ANSWER, State.ANSWERED),
        (State.CLOSED, Act.ANSWER, State.CLOSED),
        (State.OPEN, Act.CLOSE, State.CLOSED),
        (State.ANSWERED, Act.CLOSE, State.CLOSED),
        (State.CLOSED, Act.CLOSE, None),
        (State.OPEN, Act.REOPEN, State.OPEN),
        (State.ANSWERED, Act.REOPEN, State.OPEN),
        (State.CLOSED, Act.REOPEN, State.OPEN),
        (State.OPEN, Act.OPEN, None),
    ],
)
def test_an_act_leads_from_state_to_state(state: State, act: Act, leads_to: State | None) -> None:
    assert next_state(state, act) is leads_to


def standing(state: State, fingerprint: str = "a", closed_by: ClosedBy | None = None) -> Standing:
    return Standing(state=state, closed_by=closed_by, fingerprint=fingerprint)


@pytest.mark.parametrize(
    ("known", "fingerprint", "is_answered", "move"),
    [
        (None, None, False, None),
        (None, "a", False, Move.OPEN),
        (None, "a", True, Move.NOTE_CONFIRMED),
        (standing(State.OPEN), "a", False, None),
        (standing(State.ANSWERED), "a", False, None),
        (standing(State.OPEN), "b", False, Move.ASK_ANEW),
        (standing(State.ANSWERED), "a", True, Move.CLOSE_CONFIRMED),
        (standing(State.OPEN), None, False, Move.CLOSE_RIGHT),
        (standing(State.CLOSED, closed_by=ClosedBy.DATA), None, False, None),
        (standing(State.CLOSED, closed_by=ClosedBy.DATA), "a", False, Move.REOPEN),
        (standing(State.CLOSED, closed_by=ClosedBy.CONFIRMATION), "a", True, None),
        (standing(State.CLOSED, closed_by=ClosedBy.CONFIRMATION), "a", False, Move.REOPEN),
        (standing(State.CLOSED, closed_by=ClosedBy.CONFIRMATION), "b", True, Move.NOTE_CONFIRMED),
        # What a person closed stays closed, while question and value are the same.
        (standing(State.CLOSED, closed_by=ClosedBy.PERSON), "a", False, None),
        (standing(State.CLOSED, closed_by=ClosedBy.PERSON), "b", False, Move.REOPEN),
    ],
)
def test_a_save_moves_the_query_of_a_check(
    known: Standing | None, fingerprint: str | None, is_answered: bool, move: Move | None
) -> None:
    assert decide_move(known, fingerprint, is_answered=is_answered) is move
