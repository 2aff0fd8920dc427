"""Who knows whose arm: what was told, and what follows from it. Pure; no arm stands here."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from trialsite.accounts.roles import BLINDED


class Way(StrEnum):
    """How somebody came to know an arm; the value is what pages say."""

    WORKLIST = "shown on the worklist"
    CHECK = "operator's form held against the arm"
    FORM = "wrote the operator's form"
    CODE_BREAK = "code break"
    REPORTS = "report or file by arm"
    DEDUCED = "follows from the arms known"
    DEVIATION = "deviation of blinding"
    OPEN = "open phase"

    @property
    def is_planned(self) -> bool:
        return self not in (Way.CODE_BREAK, Way.DEDUCED, Way.DEVIATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """One person (without a user name where nobody of the system is meant) knows, or could know, the arm of one patient since a moment.

    `roles` are those of that moment, as the trail keeps them: keys with commas.
    """

    username: str
    name: str
    roles: str
    patient_id: UUID
    since: datetime
    way: Way

    @property
    def is_of_blinded(self) -> bool:
        """Whether the person treats, rates, enters or judges outcomes."""
        return self.way is Way.DEVIATION or bool(BLINDED.intersection(self.roles.split(",")))


def keep_first(known: Iterable[Knowledge]) -> list[Knowledge]:
    """For each person, patient and way the first time, in the order of time."""
    first: dict[tuple[str, UUID, Way], Knowledge] = {}
    for one in sorted(known, key=lambda each: each.since):
        first.setdefault((one.username, one.patient_id, one.way), one)
    return list(first.values())


def find_exposed(known: Iterable[Knowledge]) -> dict[UUID, datetime]:
    """Patient -> since when somebody who must be blinded knew or could know the arm of a randomized phase, or a deviation of blinding says so.

    Operators and statisticians know by plan and expose nobody. What people told each other is in it as far as somebody recorded it.
    """
    exposed: dict[UUID, datetime] = {}
    for one in known:
        if one.is_of_blinded and one.way is not Way.OPEN:
            exposed[one.patient_id] = min(one.since, exposed.get(one.patient_id, one.since))
    return exposed


def derive_never_exposed(patients: Collection[UUID], exposed: Mapping[UUID, datetime]) -> frozenset[UUID]:
    """The sensitivity population "never exposed": of these randomized patients, those whose arm nobody blinded ever came to know."""
    return frozenset(patients) - frozenset(exposed)
