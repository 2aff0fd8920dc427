"""The people who ask: one account for each role, made for the proof, in a copy of the database."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from django.db.models import Count

from trialsite.accounts.models import User
from trialsite.accounts.roles import ALL_SITES, BLINDED, UNBLINDED, Instrument, Role
from trialsite.accounts.roles import APART as ROLES_APART
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.proof.asking import SIGNED_OUT
from trialsite.protocol.current import get_protocol

OF_THE_PROOF = UUID("6f0a2c1e-54a7-4a53-9f6a-2f1d9a5d3f10")
ASKING = (*sorted(BLINDED), Role.ADMIN)  # whoever must never receive an arm, with nobody at all beside them
KNOWING = tuple(sorted(UNBLINDED))  # who would see the difference
APART = tuple(
    sorted(ROLES_APART)
)  # where two processes keep the sides apart, these are asked at the one that has the key


def make_people() -> dict[str, User]:
    """An account of every role at all sites, trained, with a password that nobody knows."""
    return {str(role): _make_person(role) for role in (*ASKING, *KNOWING)}


def find_old_hands(roles: Iterable[str]) -> dict[str, User]:
    """For each role the account of the installation that did most: what depends on an account's own history is asked as that one.

    Not of those who broke a code: they know an arm, and find it again.
    """
    found = {}
    told = set(AuditEvent.objects.filter(action="break_code").values_list("actor_username", flat=True))
    acts = dict(AuditEvent.objects.order_by().values_list("actor_username").annotate(Count("pk")))
    for role in sorted(roles):
        own = [
            user
            for user in User.objects.filter(is_active=True)
            if role in user.roles and user.username in acts.keys() - told
        ]
        if own:
            found[f"{role} of old"] = max(own, key=lambda user: (acts[user.username], user.username))
    return found


def names_asking() -> list[str]:
    return [*map(str, ASKING), SIGNED_OUT]


def _make_person(role: Role) -> User:
    protocol = get_protocol()
    trained = {"on": clock.today().isoformat(), "evidence": "the proof of the blind", "by": "proof"}
    return User.objects.create_user(
        f"proof_{role}",
        None,
        id=uuid5(OF_THE_PROOF, str(role)),
        full_name=f"Proof, {role.label}",
        roles=[str(role)],
        site_codes=[] if role in ALL_SITES else [site.code for site in protocol.sites],
        instruments=list(Instrument) if role is Role.ASSESSOR else [],
        training={course.key: {**trained, "version": course.version} for course in protocol.accounts.training},
    )
