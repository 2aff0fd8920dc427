"""The page that says who may be unblinded, and when, says what the code does."""

import pytest

from tests.cast import SignIn
from trialsite.accounts.knowledge import KNOWLEDGE
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, ROLE_PERMISSIONS, Permission, Role


@pytest.mark.conformance(35)
def test_everybody_reads_who_may_be_unblinded_and_when(assessor: User, admin: User, sign_in: SignIn) -> None:
    for user in (assessor, admin):
        text = sign_in(user).get("/knowledge/").content.decode()
        assert all(line.what in text and line.when in text and line.roles in text for line in KNOWLEDGE)
        assert "Coordinator, Investigator, Assessor, Monitor, Data manager never learn an arm" in text


@pytest.mark.conformance(35)
def test_no_line_names_a_blinded_role_or_the_admin_but_the_code_break() -> None:
    for line in KNOWLEDGE:
        held = {role for role in Role if line.permission in ROLE_PERMISSIONS[role]}
        exception = {Role.INVESTIGATOR} if line.permission == Permission.BREAK_CODE else set()
        assert held & (BLINDED | {Role.ADMIN}) == exception, line.what
