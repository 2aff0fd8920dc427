"""What an account may be given. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from trialsite.accounts.roles import ALL_SITES, BLINDED, UNBLINDED, Instrument, Role, find_role_conflicts

Problem = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a person may do, and where: role values, site codes and instrument values, each in alphabetical order."""

    roles: tuple[str, ...]
    site_codes: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()


def check_access(access: Access, known_sites: Collection[str]) -> list[Problem]:
    """Every reason why nobody may be given this, each with the field it belongs to; empty when all is well."""
    known_roles = [role for role in Role if role in access.roles]
    return [
        *_check_known("roles", access.roles, list(Role), "role"),
        *_check_known("site_codes", access.site_codes, known_sites, "site"),
        *_check_known("instruments", access.instruments, list(Instrument), "instrument"),
        *(("roles", reason) for reason in find_role_conflicts(known_roles)),
        *_check_roles(access),
        *_check_sites(access, known_roles),
        *_check_instruments(access),
    ]


def check_knowledge(access: Access, held_before: Collection[str]) -> list[Problem]:
    """Why somebody who once held a role that may know an arm gets no blinded one: roles are taken away, knowledge is not."""
    knew = [role for role in Role if role in UNBLINDED and role in held_before]
    asked = [role for role in Role if role in BLINDED and role in access.roles]
    if not knew or not asked:
        return []
    sentence = (
        f"This account was {_names(knew)} and may know arms, {_names(asked)} must never. What somebody knows cannot be taken back: "
        "another person has to do this."
    )
    return [("roles", sentence)]


def _names(roles: Collection[Role]) -> str:
    return " and ".join(role.label for role in roles)


def _check_known(field: str, given: Collection[str], known: Collection[str], word: str) -> list[Problem]:
    return [
        (field, f"This trial has no {word} {item[:40]}. Choose from the list.") for item in given if item not in known
    ]


def _check_roles(access: Access) -> list[Problem]:
    return [] if access.roles else [("roles", "Choose at least one role.")]


def _check_sites(access: Access, roles: Collection[Role]) -> list[Problem]:
    bound = [role.label for role in roles if role not in ALL_SITES]
    if bound and not access.site_codes:
        return [("site_codes", f"Choose the site of this {' and '.join(bound).lower()}, one at least.")]
    if roles and not bound and access.site_codes:
        return [("site_codes", f"{' and '.join(role.label for role in roles)} works for all sites. Choose none.")]
    return []


def _check_instruments(access: Access) -> list[Problem]:
    is_assessor = Role.ASSESSOR in access.roles
    if is_assessor and not access.instruments:
        return [("instruments", "Choose what this assessor rates, one instrument at least.")]
    if access.instruments and not is_assessor:
        return [("instruments", "Only an assessor rates instruments. Choose none, or add the role Assessor.")]
    return []
