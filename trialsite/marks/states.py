"""How far a form has come, and who may take it further: one table. Pure.

Nothing stores a state: it follows from the form's status and from the marks that still hold (verification, signature, freeze, lock).
So a state can never disagree with the facts it stands for.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from trialsite.accounts.roles import Permission


class State(StrEnum):
    """From the first to the last; a form shows the furthest that holds."""

    EMPTY = "empty"
    DRAFT = "draft"
    COMPLETE = "complete"
    VERIFIED = "verified"
    SIGNED = "signed"
    FROZEN = "frozen"
    LOCKED = "locked"


MEANING_OF_STATE = {
    State.EMPTY: "Nothing is stored.",
    State.DRAFT: "Saved, not yet committed: items may be missing.",
    State.COMPLETE: "Committed by the site. From now on every change has a reason.",
    State.VERIFIED: "The whole form, or each of its critical items, was compared with the source and has not changed since.",
    State.SIGNED: "An investigator signed it, alone or with its visit or casebook, and nothing in that scope has changed since.",
    State.FROZEN: "Closed to changes for a while, with its visit, patient or trial. One data manager opens it again.",
    State.LOCKED: "Closed to changes. Opening it again needs a reason and a second person.",
}


class Act(StrEnum):
    SAVE = "save"
    COMPLETE = "complete"
    CORRECT = "correct"
    REOPEN = "reopen"
    VERIFY = "verify"
    UNVERIFY = "unverify"
    SIGN = "sign"
    FREEZE = "freeze"
    THAW = "thaw"
    LOCK = "lock"
    ASK_UNLOCK = "ask_unlock"
    UNLOCK = "unlock"


_P, _S = Permission, State
ENTERING = frozenset({_P.ENTER_DATA, _P.ENTER_ASSESSMENTS, _P.ENTER_PROCEDURE, _P.ENTER_INTERVENTION})
_COMMITTED = frozenset({_S.COMPLETE, _S.VERIFIED, _S.SIGNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act on a form: from which states, by whom, and to which state; None where the marks that are left decide.

    `needs` lists permissions of which one is enough; for entering, the form itself names which.
    """

    act: Act
    words: str
    before: frozenset[State]
    after: State | None
    needs: frozenset[Permission]
    note: str = ""
    passes_freeze: bool = False


STEPS: tuple[Step, ...] = (
    Step(act=Act.SAVE, words="Save a draft", before=frozenset({_S.EMPTY, _S.DRAFT}), after=_S.DRAFT, needs=ENTERING),
    Step(act=Act.COMPLETE, words="Complete", before=frozenset({_S.EMPTY, _S.DRAFT}), after=_S.COMPLETE, needs=ENTERING),
    Step(
        act=Act.CORRECT,
        words="Correct",
        before=_COMMITTED,
        after=_S.COMPLETE,
        needs=ENTERING,
        note="With a reason. Takes away the verification of what changed and every signature over it.",
    ),
    Step(
        act=Act.REOPEN,
        words="Save as a draft again",
        before=_COMMITTED,
        after=_S.DRAFT,
        needs=ENTERING,
        note="With a reason; as a correction.",
    ),
    Step(
        act=Act.VERIFY,
        words="Verify against the source",
        before=_COMMITTED,
        after=_S.VERIFIED,
        needs=frozenset({_P.VERIFY_DATA}),
        note="Item by item, or the form as a whole.",
        passes_freeze=True,
    ),
    Step(
        act=Act.UNVERIFY,
        words="Take a verification back",
        before=_COMMITTED,
        after=None,
        needs=frozenset({_P.VERIFY_DATA}),
        note="With a reason.",
        passes_freeze=True,
    ),
    Step(
        act=Act.SIGN,
        words="Sign",
        before=_COMMITTED,
        after=_S.SIGNED,
        needs=frozenset({_P.SIGN_RECORDS}),
        note="A form, a visit or the casebook; with the password.",
        passes_freeze=True,
    ),
    Step(
        act=Act.FREEZE,
        words="Freeze",
        before=frozenset(State) - {_S.FROZEN, _S.LOCKED},
        after=_S.FROZEN,
        needs=frozenset({_P.FREEZE_DATA}),
        note="A form, a visit, a patient or the whole trial.",
    ),
    Step(
        act=Act.THAW,
        words="End a freeze",
        before=frozenset({_S.FROZEN}),
        after=None,
        needs=frozenset({_P.FREEZE_DATA}),
        note="With a reason.",
    ),
    Step(
        act=Act.LOCK,
        words="Lock",
        before=frozenset(State) - {_S.LOCKED},
        after=_S.LOCKED,
        needs=frozenset({_P.LOCK_DATA}),
        note="As for a freeze, after a report of what is unfinished; with a reason where something is.",
    ),
    Step(
        act=Act.ASK_UNLOCK,
        words="Ask to unlock",
        before=frozenset({_S.LOCKED}),
        after=_S.LOCKED,
        needs=frozenset({_P.LOCK_DATA}),
        note="With a reason.",
    ),
    Step(
        act=Act.UNLOCK,
        words="Unlock",
        before=frozenset({_S.LOCKED}),
        after=None,
        needs=frozenset({_P.LOCK_DATA}),
        note="By another person than who asked; with the password.",
    ),
)
_BY_ACT = {step.act: step for step in STEPS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """What the state of a form follows from. `status` is that of the stored form, "" while there is none."""

    status: str = ""
    is_verified: bool = False
    is_signed: bool = False
    is_frozen: bool = False
    is_locked: bool = False


def state_of(facts: FormFacts) -> State:
    """The furthest state that holds. A draft is never verified or signed."""
    if facts.is_locked:
        return State.LOCKED
    if facts.is_frozen:
        return State.FROZEN
    if facts.status != State.COMPLETE:
        return State(facts.status or State.EMPTY)
    if facts.is_signed:
        return State.SIGNED
    return State.VERIFIED if facts.is_verified else State.COMPLETE


def step_of(act: Act) -> Step:
    return _BY_ACT[act]


def is_possible(act: Act, facts: FormFacts) -> bool:
    """Whether the form is in a state from which the act goes out."""
    step = _BY_ACT[act]
    seen = replace(facts, is_frozen=False) if step.passes_freeze else facts
    return state_of(seen) in step.before


def may(act: Act, facts: FormFacts, permissions: Collection[Permission]) -> bool:
    """Whether somebody with these permissions may do it now. Two people are asked for elsewhere: they are not a matter of state."""
    return is_possible(act, facts) and bool(_BY_ACT[act].needs & set(permissions))
