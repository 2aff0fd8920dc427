"""The table of states: which state follows from which facts, and who may do what in it."""

import pytest
from django.test import Client

from tests.cast import SignIn
from trialsite.accounts.models import User
from trialsite.accounts.roles import ROLE_PERMISSIONS, Permission, Role
from trialsite.marks.states import MEANING_OF_STATE, STEPS, Act, FormFacts, State, is_possible, may, state_of

COMPLETE = FormFacts(status="complete")


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (FormFacts(), State.EMPTY),
        (FormFacts(status="draft"), State.DRAFT),
        (FormFacts(status="draft", is_signed=True, is_verified=True), State.DRAFT),
        (COMPLETE, State.COMPLETE),
        (FormFacts(status="complete", is_verified=True), State.VERIFIED),
        (FormFacts(status="complete", is_verified=True, is_signed=True), State.SIGNED),
        (FormFacts(status="complete", is_signed=True, is_frozen=True), State.FROZEN),
        (FormFacts(status="draft", is_frozen=True, is_locked=True), State.LOCKED),
        (FormFacts(is_locked=True), State.LOCKED),
    ],
)
def test_a_form_shows_the_furthest_state_that_holds(facts: FormFacts, state: State) -> None:
    assert state_of(facts) is state


@pytest.mark.parametrize(
    ("act", "facts", "is_allowed"),
    [
        (Act.SAVE, FormFacts(), True),
        (Act.SAVE, COMPLETE, False),
        (Act.CORRECT, FormFacts(status="complete", is_signed=True), True),
        (Act.CORRECT, FormFacts(status="complete", is_frozen=True), False),
        (Act.CORRECT, FormFacts(status="complete", is_locked=True), False),
        (Act.COMPLETE, FormFacts(status="draft", is_frozen=True), False),
        (Act.VERIFY, FormFacts(status="draft"), False),
        (Act.VERIFY, FormFacts(status="complete", is_frozen=True), True),
        (Act.SIGN, FormFacts(status="complete", is_frozen=True), True),
        (Act.SIGN, FormFacts(status="draft", is_frozen=True), False),
        (Act.SIGN, FormFacts(status="complete", is_locked=True), False),
        (Act.FREEZE, FormFacts(status="complete", is_locked=True), False),
        (Act.LOCK, FormFacts(status="complete", is_frozen=True), True),
        (Act.UNLOCK, COMPLETE, False),
        (Act.THAW, FormFacts(is_frozen=True), True),
    ],
)
def test_an_act_is_possible_from_its_states_only(act: Act, facts: FormFacts, is_allowed: bool) -> None:
    assert is_possible(act, facts) is is_allowed
    assert may(act, facts, set(Permission)) is is_allowed
    assert not may(act, facts, set())


def test_every_act_has_one_line_and_every_state_a_meaning() -> None:
    assert [step.act for step in STEPS] == list(Act)
    assert set(MEANING_OF_STATE) == set(State)


@pytest.mark.conformance(3)
def test_who_enters_neither_verifies_nor_locks_and_who_locks_never_enters() -> None:
    entering = {role for role in Role if Permission.ENTER_DATA in ROLE_PERMISSIONS[role]}
    checking = {Permission.VERIFY_DATA, Permission.FREEZE_DATA, Permission.LOCK_DATA}
    assert entering
    assert not any(ROLE_PERMISSIONS[role] & checking for role in entering)
    assert {role for role in Role if Permission.SIGN_RECORDS in ROLE_PERMISSIONS[role]} == {Role.INVESTIGATOR}


def test_the_table_is_a_page(assessor: User, sign_in: SignIn) -> None:
    site: Client = sign_in(assessor)
    text = site.get("/states/").content.decode()
    for step in STEPS:
        assert f'<th scope="row">{step.words}</th>' in text
    assert "Data manager" in text
