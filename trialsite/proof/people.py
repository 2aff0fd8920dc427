"""The people who ask: one account for each role, made for the proof, in a copy of the database."""

from uuid import UUID, uuid5

from trialsite.accounts.models import User
from trialsite.accounts.roles import ALL_SITES, BLINDED, UNBLINDED, Instrument, Role
from trialsite.lib import clock
from trialsite.proof.asking import SIGNED_OUT
from trialsite.protocol.current import get_protocol

OF_THE_PROOF = UUID("6f0a2c1e-54a7-4a53-9f6a-2f1d9a5d3f10")
ASKING = (*sorted(BLINDED), Role.ADMIN)  # whoever must never receive an arm, with nobody at all beside them
KNOWING = tuple(sorted(UNBLINDED))  # who would see the difference


def make_people() -> dict[str, User]:
    """An account of every role at all sites, trained, with a password that nobody knows."""
    return {str(role): _make_person(role) for role in (*ASKING, *KNOWING)}


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
