"""Roles, what they allow, and which of them one person may not hold together."""

import re
from itertools import combinations

import pytest

from tests.cast import SignIn
from trialsite.accounts.models import User
from trialsite.accounts.roles import (
    BLINDED,
    ROLE_PERMISSIONS,
    UNBLINDED,
    Instrument,
    Permission,
    Role,
    find_role_conflicts,
    permissions_of,
)

ARM_PERMISSIONS = {
    Permission.VIEW_WORKLIST,
    Permission.MANAGE_ALLOCATION_LIST,
    Permission.VIEW_ARM_REPORTS,
    Permission.VIEW_RESTRICTED_RECORDS,
    Permission.ENTER_INTERVENTION,
}


def test_every_role_has_permissions_and_every_permission_a_role_and_a_label() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert permissions_of(list(Role)) == set(Permission)
    assert all(permission.label for permission in Permission)
    assert all(instrument.label for instrument in Instrument)


@pytest.mark.conformance(3, 40)
def test_no_blinded_role_and_no_admin_may_do_anything_that_shows_an_arm() -> None:
    assert not permissions_of(BLINDED | {Role.ADMIN}) & ARM_PERMISSIONS
    assert {Role.ADMIN} | BLINDED | UNBLINDED == set(Role)


def test_the_admin_only_manages_accounts_and_nobody_else_does() -> None:
    assert [role for role in Role if Permission.MANAGE_USERS in ROLE_PERMISSIONS[role]] == [Role.ADMIN]
    assert ROLE_PERMISSIONS[Role.ADMIN] == {Permission.MANAGE_USERS}


def test_the_statistician_enters_nothing() -> None:
    changing = {p for p in Permission if p.value.startswith(("enter_", "register_", "sign_", "draw_"))}
    assert not ROLE_PERMISSIONS[Role.STATISTICIAN] & changing


@pytest.mark.parametrize("pair", list(combinations(Role, 2)), ids="+".join)
@pytest.mark.conformance(40)
def test_which_two_roles_one_person_may_hold(pair: tuple[Role, Role]) -> None:
    allowed = [
        {Role.COORDINATOR, Role.INVESTIGATOR},
        {Role.COORDINATOR, Role.ASSESSOR},
        {Role.INVESTIGATOR, Role.ASSESSOR},
        {Role.MONITOR, Role.DATA_MANAGER},
    ]
    assert (find_role_conflicts(pair) == []) == (set(pair) in allowed)


def test_each_reason_is_given_and_names_the_roles() -> None:
    reasons = find_role_conflicts([Role.COORDINATOR, Role.OPERATOR, Role.ADMIN, Role.MONITOR])
    assert len(reasons) == 3
    assert "Operator may know an arm, Coordinator and Monitor must never" in reasons[0]


@pytest.mark.conformance(3)
@pytest.mark.django_db
def test_the_page_prints_what_every_role_may_do(assessor: User, sign_in: SignIn) -> None:
    text = sign_in(assessor).get("/roles/").content.decode()
    rows = [row for row in text.split("<tr>")[2:] if "</th>" in row]
    printed = {
        row.split('<th scope="row">')[1].split("</th>")[0]: re.findall(r'visually-hidden">(yes|no)<', row)
        for row in rows
    }
    assert printed == {
        permission.label: ["yes" if permission in ROLE_PERMISSIONS[role] else "no" for role in Role]
        for permission in Permission
    }


def test_nobody_holds_a_permission_while_deactivated() -> None:
    user = User(username="x", roles=["coordinator"], is_active=False)
    assert not any(user.may(permission) for permission in Permission)


def test_a_site_bound_person_sees_only_the_own_sites() -> None:
    user = User(username="x", roles=["coordinator"], site_codes=["UB"])
    assert user.may_see_site("UB")
    assert not user.may_see_site("XX")
    assert User(username="y", roles=["data_manager"]).may_see_site("XX")
