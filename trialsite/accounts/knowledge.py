"""Who may learn which arm, when, and what it leaves behind: as the code decides it, for a page that everybody reads."""

from dataclasses import dataclass

from trialsite.accounts.roles import BLINDED, ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """One thing that tells an arm, or helps to guess one. `permission` is what opens it; None: nobody in the system."""

    what: str
    permission: Permission | None
    when: str
    leaves: str

    @property
    def roles(self) -> str:
        held = [role.label for role in Role if self.permission in ROLE_PERMISSIONS[role]]
        return ", ".join(held) or "nobody"


KNOWLEDGE = (
    Knowledge(
        what="The arm of one patient who is on the table",
        permission=Permission.VIEW_WORKLIST,
        when="From the draw to the end of the day of the procedure, at the own site, after typing the password again",
        leaves="An entry with person, patient and moment, restricted",
    ),
    Knowledge(
        what="The arm of one patient, by an emergency code break",
        permission=Permission.BREAK_CODE,
        when="At any hour, at the own site, with a reason, the name of the treating clinician and the password again; shown once",
        leaves="A row in the register of code breaks and an entry, both restricted, and an assessment of what it meant",
    ),
    Knowledge(
        what="That a code was broken, by whom, when and why, without the arm",
        permission=Permission.MANAGE_ALLOCATION_LIST,
        when="Always; besides the person who broke it, nobody else is told",
        leaves="Nothing: no arm is on that page",
    ),
    Knowledge(
        what="Who knows, or could work out, whose arm, without the arm",
        permission=Permission.MANAGE_ALLOCATION_LIST,
        when="Always; the page is made from the entries that each telling left",
        leaves="An entry for each reading, restricted",
    ),
    Knowledge(
        what="What people who enter forms leave for the unblinded team",
        permission=Permission.VIEW_RESTRICTED_RECORDS,
        when="Always, at the own sites; who wrote a message does not read it again",
        leaves="An entry for the message, restricted, without its words",
    ),
    Knowledge(
        what="What was done in the procedure room",
        permission=Permission.VIEW_RESTRICTED_RECORDS,
        when="Always; blinded people meet neither the forms nor a count of them",
        leaves="The forms' own entries, restricted",
    ),
    Knowledge(
        what="All arms, as groups of a report",
        permission=Permission.VIEW_ARM_REPORTS,
        when="When a report by arm is opened; in production, before the release, only of safety and conduct; the others have dummy arms."
        " Everybody else reads the same report pooled",
        leaves="An entry for each reading, restricted",
    ),
    Knowledge(
        what="How the list was made, how many slots are used and left",
        permission=Permission.MANAGE_ALLOCATION_LIST,
        when="Always; no arm of a patient is shown there",
        leaves="An entry for generating, sealing and checking, restricted",
    ),
    Knowledge(
        what="The sealed list itself",
        permission=Permission.VIEW_ARM_REPORTS,
        when="After two people released the arms for analysis; before that never on a page: it lies encrypted with a key that is"
        " not in the database, nor in its backups",
        leaves="An entry for asking and confirming, open; an entry for each reading, restricted",
    ),
)


def name_blinded() -> str:
    """The roles that must never learn an arm before the release."""
    return ", ".join(role.label for role in Role if role in BLINDED)
