"""Who may do what: roles, permissions, and the combinations that would break the blind. Pure."""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    ASSESSOR = "assessor"
    OPERATOR = "operator"
    MONITOR = "monitor"
    DATA_MANAGER = "data_manager"
    STATISTICIAN = "statistician"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Instrument(StrEnum):
    """What an assessor may be named for; a form with an instrument opens to its assessors only."""

    DOPPLER = "doppler"
    MRI = "mri"
    EDSS = "edss"
    COGNITION = "cognition"
    QUALITY_OF_LIFE = "quality_of_life"

    @property
    def label(self) -> str:
        return INSTRUMENT_LABELS[self]


INSTRUMENT_LABELS = {
    Instrument.DOPPLER: "Doppler examination",
    Instrument.MRI: "MRI",
    Instrument.EDSS: "EDSS",
    Instrument.COGNITION: "Cognition",
    Instrument.QUALITY_OF_LIFE: "Quality of life",
}


class Permission(StrEnum):
    VIEW_PATIENTS = "view_patients"
    REGISTER_PATIENTS = "register_patients"
    ENTER_DATA = "enter_data"
    ENTER_ASSESSMENTS = "enter_assessments"
    ENTER_PROCEDURE = "enter_procedure"
    ENTER_INTERVENTION = "enter_intervention"
    SIGN_ELIGIBILITY = "sign_eligibility"
    DRAW_ALLOCATION = "draw_allocation"
    SIGN_RECORDS = "sign_records"
    VERIFY_DATA = "verify_data"
    FREEZE_DATA = "freeze_data"
    LOCK_DATA = "lock_data"
    VIEW_WORKLIST = "view_worklist"
    MANAGE_ALLOCATION_LIST = "manage_allocation_list"
    VIEW_POOLED_REPORTS = "view_pooled_reports"
    VIEW_ARM_REPORTS = "view_arm_reports"
    VIEW_RESTRICTED_RECORDS = "view_restricted_records"
    VIEW_TRIAL_AUDIT = "view_trial_audit"
    TAKE_LISTING = "take_listing"
    REMARK_ON_TRAIL = "remark_on_trail"
    OPEN_QUERIES = "open_queries"
    ANSWER_QUERIES = "answer_queries"
    CLOSE_QUERIES = "close_queries"
    BREAK_CODE = "break_code"
    CONFIRM_RELEASE = "confirm_release"
    MANAGE_USERS = "manage_users"

    @property
    def label(self) -> str:
        return PERMISSION_LABELS[self]


_P = Permission
PERMISSION_LABELS = {
    _P.VIEW_PATIENTS: "See patients and their records",
    _P.REGISTER_PATIENTS: "Register patients and record consent",
    _P.ENTER_DATA: "Enter and correct case report forms",
    _P.ENTER_ASSESSMENTS: "Enter assessments of the own instruments",
    _P.ENTER_PROCEDURE: "Enter the blinded part of the procedure",
    _P.ENTER_INTERVENTION: "Enter what was done in the procedure room",
    _P.SIGN_ELIGIBILITY: "Sign that a patient is eligible",
    _P.DRAW_ALLOCATION: "Have a patient randomized",
    _P.SIGN_RECORDS: "Sign forms, visits and casebooks",
    _P.VERIFY_DATA: "Verify records against their source",
    _P.FREEZE_DATA: "Freeze records for a while",
    _P.LOCK_DATA: "Lock records, and unlock them with a second person",
    _P.VIEW_WORKLIST: "See the arm of the patient to be treated",
    _P.MANAGE_ALLOCATION_LIST: "Generate and seal the allocation list",
    _P.VIEW_POOLED_REPORTS: "Read reports of both arms together",
    _P.VIEW_ARM_REPORTS: "Read reports by arm",
    _P.VIEW_RESTRICTED_RECORDS: "See records that may tell an arm",
    _P.VIEW_TRIAL_AUDIT: "Search the audit trail",
    _P.TAKE_LISTING: "Take everything one may read as one file",
    _P.REMARK_ON_TRAIL: "Add a remark to an entry of the audit trail",
    _P.OPEN_QUERIES: "Ask the site about an item",
    _P.ANSWER_QUERIES: "Answer data queries about the forms one enters",
    _P.CLOSE_QUERIES: "Close data queries, or ask again",
    _P.BREAK_CODE: "Break the code of one patient in an emergency",
    _P.CONFIRM_RELEASE: "Confirm that the arms are opened for analysis, without seeing one",
    _P.MANAGE_USERS: "Invite, change and deactivate accounts",
}
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.COORDINATOR: frozenset(
        {
            _P.VIEW_PATIENTS,
            _P.REGISTER_PATIENTS,
            _P.ENTER_DATA,
            _P.ENTER_PROCEDURE,
            _P.ANSWER_QUERIES,
            _P.DRAW_ALLOCATION,
            _P.VIEW_POOLED_REPORTS,
        }
    ),
    Role.INVESTIGATOR: frozenset(
        {
            _P.VIEW_PATIENTS,
            _P.REGISTER_PATIENTS,
            _P.ENTER_DATA,
            _P.SIGN_ELIGIBILITY,
            _P.ANSWER_QUERIES,
            _P.SIGN_RECORDS,
            _P.REMARK_ON_TRAIL,
            _P.DRAW_ALLOCATION,
            _P.BREAK_CODE,
            _P.VIEW_POOLED_REPORTS,
        }
    ),
    Role.ASSESSOR: frozenset({_P.VIEW_PATIENTS, _P.ENTER_ASSESSMENTS, _P.ANSWER_QUERIES}),
    Role.OPERATOR: frozenset({_P.VIEW_WORKLIST, _P.ENTER_INTERVENTION, _P.VIEW_RESTRICTED_RECORDS, _P.ANSWER_QUERIES}),
    Role.MONITOR: frozenset(
        {
            _P.VIEW_PATIENTS,
            _P.VERIFY_DATA,
            _P.VIEW_TRIAL_AUDIT,
            _P.TAKE_LISTING,
            _P.REMARK_ON_TRAIL,
            _P.VIEW_POOLED_REPORTS,
            _P.OPEN_QUERIES,
            _P.CLOSE_QUERIES,
        }
    ),
    Role.DATA_MANAGER: frozenset(
        {
            _P.VIEW_PATIENTS,
            _P.FREEZE_DATA,
            _P.LOCK_DATA,
            _P.CONFIRM_RELEASE,
            _P.VIEW_TRIAL_AUDIT,
            _P.TAKE_LISTING,
            _P.REMARK_ON_TRAIL,
            _P.VIEW_POOLED_REPORTS,
            _P.OPEN_QUERIES,
            _P.CLOSE_QUERIES,
        }
    ),
    Role.STATISTICIAN: frozenset(
        {
            _P.VIEW_PATIENTS,
            _P.MANAGE_ALLOCATION_LIST,
            _P.VIEW_POOLED_REPORTS,
            _P.VIEW_ARM_REPORTS,
            _P.VIEW_RESTRICTED_RECORDS,
            _P.VIEW_TRIAL_AUDIT,
            _P.TAKE_LISTING,
            _P.REMARK_ON_TRAIL,
        }
    ),
    Role.ADMIN: frozenset({_P.MANAGE_USERS}),
}

BLINDED = frozenset({Role.COORDINATOR, Role.INVESTIGATOR, Role.ASSESSOR, Role.MONITOR, Role.DATA_MANAGER})
UNBLINDED = frozenset({Role.OPERATOR, Role.STATISTICIAN})
ENTERING = frozenset({Role.COORDINATOR, Role.INVESTIGATOR, Role.ASSESSOR})
CHECKING = frozenset({Role.MONITOR, Role.DATA_MANAGER})
ALL_SITES = frozenset({Role.DATA_MANAGER, Role.STATISTICIAN, Role.ADMIN})


TELLING = frozenset(
    {
        _P.VIEW_WORKLIST,
        _P.ENTER_INTERVENTION,
        _P.VIEW_RESTRICTED_RECORDS,
        _P.MANAGE_ALLOCATION_LIST,
        _P.VIEW_ARM_REPORTS,
        _P.BREAK_CODE,
    }
)
"""With each of these somebody can learn an arm."""

GIVING = frozenset({_P.MANAGE_USERS, _P.CONFIRM_RELEASE})
"""With each of these somebody lets others learn one."""


def list_guarded_roles() -> list[Role]:
    """Who can learn an arm, or gives access: accounts with such a role are written by the process that has the key, and by no other."""
    return [role for role in Role if ROLE_PERMISSIONS[role] & (TELLING | GIVING)]


APART = frozenset(list_guarded_roles()) - BLINDED
"""Who is served by that process altogether. The others come there for one thing, a code break or the release, and work with the blinded otherwise."""

SECOND_FACTOR_ROLES = APART
"""Who knows arms, and who gives access: a stolen password must not be enough."""


def needs_second_factor(roles: Collection[Role]) -> bool:
    return bool(SECOND_FACTOR_ROLES.intersection(roles))


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """Everything the roles allow together."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def find_role_conflicts(roles: Collection[Role]) -> list[str]:
    """Why no one account may hold these roles together; empty when it may."""
    held = set(roles)
    reasons = []
    if held & BLINDED and held & UNBLINDED:
        reasons.append(
            f"{_names(held & UNBLINDED)} may know an arm, {_names(held & BLINDED)} must never. Give the person one side only."
        )
    if Role.ADMIN in held and held - {Role.ADMIN}:
        reasons.append(
            f"Admin manages accounts and sees no clinical data; {_names(held - {Role.ADMIN})} does. Use a separate account."
        )
    if held >= UNBLINDED:
        reasons.append("Operator treats patients and statistician analyses them. Use separate people.")
    if held & CHECKING and held & ENTERING:
        reasons.append(f"{_names(held & CHECKING)} checks what {_names(held & ENTERING)} enters. Use separate people.")
    return reasons


def _names(roles: Collection[Role]) -> str:
    return " and ".join(sorted(role.label for role in roles))
