"""Ids and days in SQL that is written out, where a composed query would cost more than the database that answers it."""

from datetime import UTC, date, datetime, tzinfo
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

_FIELD: Any = UUIDField()


def to_database(value: UUID) -> Any:
    """An id as a parameter."""
    return _FIELD.get_db_prep_value(value, connection)


def to_uuid(stored: Any) -> UUID:
    """An id as a row brings it: SQLite keeps its hexadecimal digits."""
    return stored if isinstance(stored, UUID) else UUID(stored)


def to_date(stored: Any) -> date | None:
    """A day as a row brings it: SQLite keeps it as text."""
    return date.fromisoformat(stored) if isinstance(stored, str) else cast("date | None", stored)


def to_day(stored: Any, zone: tzinfo) -> date:
    """The day of a moment on the calendar of `zone`; SQLite keeps moments as text, in UTC."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).date()


def id_type() -> str:
    """The type of a column of ids."""
    return str(_FIELD.db_type(connection))
