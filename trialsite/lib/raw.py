"""Ids in SQL that is written out, where a composed query would cost more than the database that answers it."""

from typing import Any
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


def id_type() -> str:
    """The type of a column of ids."""
    return str(_FIELD.db_type(connection))
