"""What to tell a person when the database does not do what it was asked: it is away, too busy, full, or it refuses.

Told by the code the database itself gave, not by its words; those may hold values, and are for nobody's eyes.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError, Error, InterfaceError, OperationalError


class Kind(StrEnum):
    AWAY = "away"
    BUSY = "busy"
    FULL = "full"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`status` is that of the answer; `retry_after_s` says in how many seconds it is worth trying again, 0 where it is not known."""

    kind: Kind
    title: str
    sentence: str
    status: int = 503
    retry_after_s: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {}


TROUBLES = {
    Kind.AWAY: Trouble(
        kind=Kind.AWAY,
        title="The database does not answer",
        sentence="The database does not answer just now. It may be restarting: try again in a moment.",
        retry_after_s=10,
    ),
    Kind.BUSY: Trouble(
        kind=Kind.BUSY,
        title="The database is busy",
        sentence="Somebody else has kept the database busy for longer than anybody waits. Try again in a moment.",
        retry_after_s=5,
    ),
    Kind.FULL: Trouble(
        kind=Kind.FULL,
        title="The disk is full",
        sentence="The disk of the server is full: nothing can be stored until there is space again. Tell the people who run this installation.",
        retry_after_s=60,
    ),
    Kind.REFUSED: Trouble(
        kind=Kind.REFUSED,
        title="The database refused",
        sentence=(
            "The database refused to store this. Try once more; if it fails again, tell the people who run this installation "
            "what you did and when."
        ),
        status=500,
    ),
}

# The names of SQLite's own result codes, by their beginnings, and the states of the SQL standard and of PostgreSQL.
_OF_SQLITE = {
    "SQLITE_BUSY": Kind.BUSY,
    "SQLITE_LOCKED": Kind.BUSY,
    "SQLITE_FULL": Kind.FULL,
    "SQLITE_IOERR": Kind.AWAY,
    "SQLITE_CANTOPEN": Kind.AWAY,
    "SQLITE_READONLY": Kind.AWAY,
}
_OF_POSTGRESQL = {
    "53100": Kind.FULL,  # disk full
    "53": Kind.AWAY,  # out of memory, of connections
    "08": Kind.AWAY,  # connection lost or refused
    "57P": Kind.AWAY,  # shutting down, crashed, starting up
    "57014": Kind.BUSY,  # given up: took too long
    "55P03": Kind.BUSY,  # a lock that was not to be had
    "40": Kind.BUSY,  # deadlock, serialization
    "25006": Kind.AWAY,  # read only: a standby that takes over
    "58": Kind.AWAY,  # input or output failed
}


def find_trouble(error: BaseException | None) -> Trouble | None:
    """What happened to the database, or None when the error is of another kind."""
    return trouble_of(error) if isinstance(error, Error) else None


def trouble_of(error: Error) -> Trouble:
    return TROUBLES[_kind_of(error)]


def _kind_of(error: Error) -> Kind:
    cause = error.__cause__
    name, state = getattr(cause, "sqlite_errorname", None), getattr(cause, "pgcode", None)
    if name:
        return _find(name, _OF_SQLITE)
    if state:
        return _find(state, _OF_POSTGRESQL)
    # A driver that lost its connection, or half an answer with it, has no code to tell.
    was_cut = type(error) is DatabaseError and hasattr(cause, "pgcode")
    return Kind.AWAY if was_cut or isinstance(error, OperationalError | InterfaceError) else Kind.REFUSED


def _find(code: str, known: dict[str, Kind]) -> Kind:
    return next((kind for beginning, kind in known.items() if code.startswith(beginning)), Kind.REFUSED)
