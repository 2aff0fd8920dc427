"""The people of the demo trial: one per role. Everything about them is made up, and their password is public."""

from dataclasses import dataclass

from trialsite.accounts.roles import Instrument, Role
from trialsite.accounts.rules import Access
from trialsite.protocol.model import Protocol

DEMO_PASSWORD = "demo-Trialsite-2026"  # noqa: S105 - public on purpose; the accounts exist in demo mode only


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    username: str
    full_name: str
    does: str
    access: Access


def make_demo_cast(protocol: Protocol) -> tuple[DemoAccount, ...]:
    """The accounts `manage.py demo` creates and the sign-in page of the demo lists."""
    home = protocol.sites[0].code
    elsewhere = [site.code for site in protocol.sites[1:2]]
    return (
        _site_account(
            Role.COORDINATOR, home, "Demo Coordinator", "registers patients, enters data, has patients randomized"
        ),
        _site_account(
            Role.INVESTIGATOR, home, "Demo Investigator", "signs eligibility and casebooks, follows patients"
        ),
        DemoAccount(
            username="assessor",
            full_name="Demo Assessor",
            does="rates patients without knowing the arm",
            access=Access(roles=(Role.ASSESSOR,), site_codes=(home,), instruments=tuple(sorted(Instrument))),
        ),
        _site_account(Role.OPERATOR, home, "Demo Operator", "treats, and knows the arm of the patient on the table"),
        _site_account(Role.MONITOR, home, "Demo Monitor", "verifies records against their source"),
        _central_account(Role.DATA_MANAGER, "Demo Data Manager", "oversees the data of all sites, freezes and locks"),
        DemoAccount(
            username="data_manager_2",
            full_name="Demo Second Data Manager",
            does="approves what the first asks to unlock",
            access=Access(roles=(Role.DATA_MANAGER,)),
        ),
        _central_account(Role.STATISTICIAN, "Demo Statistician", "seals the allocation list, reads the results by arm"),
        _central_account(Role.ADMIN, "Demo Admin", "manages accounts, sees no patient"),
        *_stranger(elsewhere),
    )


def _site_account(role: Role, site_code: str, full_name: str, does: str) -> DemoAccount:
    access = Access(roles=(role,), site_codes=(site_code,))
    return DemoAccount(username=role.value, full_name=full_name, does=does, access=access)


def _central_account(role: Role, full_name: str, does: str) -> DemoAccount:
    return DemoAccount(username=role.value, full_name=full_name, does=does, access=Access(roles=(role,)))


def _stranger(elsewhere: list[str]) -> tuple[DemoAccount, ...]:
    """A coordinator of the second site, where the protocol has one: nothing of the first site shows."""
    return tuple(
        DemoAccount(
            username="coordinator_elsewhere",
            full_name="Demo Coordinator of another site",
            does=f"works at {code} and sees no patient of the first site",
            access=Access(roles=(Role.COORDINATOR,), site_codes=(code,)),
        )
        for code in elsewhere
    )
