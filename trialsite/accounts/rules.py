"""What an account may be given. Pure."""

import calendar
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from trialsite.accounts.roles import ALL_SITES, BLINDED, UNBLINDED, Instrument, Role, find_role_conflicts
from trialsite.protocol.model import Course

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


# --- Review of access ------------------------------------------------------------------------------------------------

UNUSED_DAYS, MANY_FAILURES = 90, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUse:
    """How an account was used. `failures` and `has_new_access` count from the last review on."""

    created_on: date
    last_sign_in_on: date | None
    failures: int
    has_new_access: bool
    lacks_training: bool
    is_own: bool


def flag_account(use: AccountUse, today: date) -> list[str]:
    """What somebody who reviews access should look at, in words."""
    idle = (today - (use.last_sign_in_on or use.created_on)).days
    flags = (
        (use.last_sign_in_on is None, f"never signed in since it was opened on {use.created_on}"),
        (use.last_sign_in_on is not None and idle > UNUSED_DAYS, f"not used for {idle} days"),
        (use.failures >= MANY_FAILURES, f"{use.failures} failed sign-ins since the last review"),
        (use.has_new_access, "roles or sites changed since the last review"),
        (use.lacks_training, "lacks training"),
        (use.is_own, "your own account: another admin looks at it at the next review"),
    )
    return [words for holds, words in flags if holds]


# --- Training --------------------------------------------------------------------------------------------------------

# Course key -> what is recorded of it: "version", "on" (day as text), "evidence", "by".
Held = Mapping[str, Mapping[str, Any]]
SOON_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands with one training. `lacks` says what is lacking, as the end of a sentence; "" when it holds."""

    course: Course
    completed_on: date | None
    ends_on: date | None
    evidence: str
    lacks: str

    def ends_soon(self, today: date) -> bool:
        return not self.lacks and self.ends_on is not None and (self.ends_on - today).days <= SOON_DAYS


def judge_training(roles: Collection[str], held: Held, courses: Iterable[Course], today: date) -> list[Standing]:
    """Where a person with these roles stands with every training the roles ask for."""
    return [_judge_course(course, held.get(course.key, {}), today) for course in courses if {*course.roles} & {*roles}]


def _judge_course(course: Course, kept: Mapping[str, Any], today: date) -> Standing:
    completed_on = date.fromisoformat(kept["on"]) if kept else None
    ends_on = add_months(completed_on, course.valid_months) if completed_on and course.valid_months else None
    lacks = ""
    if not kept:
        lacks = "is not recorded"
    elif kept["version"] != course.version:
        lacks = f"is recorded for version {kept['version']}, the trial asks for {course.version}"
    elif ends_on is not None and ends_on < today:
        lacks = f"ended on {ends_on}"
    return Standing(
        course=course, completed_on=completed_on, ends_on=ends_on, evidence=str(kept.get("evidence", "")), lacks=lacks
    )


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last one where that month is shorter; at most the last day there is."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def check_completion(on: date, evidence: str, today: date) -> list[Problem]:
    """Every reason why a completed training cannot be recorded so."""
    found = []
    if on > today:
        found.append(("on", f"{on} is in the future. Enter the day the training was completed."))
    if not evidence.strip():
        found.append(("evidence", "Say what shows it: the certificate with its number, or who trained the person."))
    return found
