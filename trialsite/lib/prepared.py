"""Queries that are composed once and asked many times: Django writes the SQL, and it is kept with a place for every value.

To have Django compose a query of thirty columns takes ten times as long as the database needs to answer it. Only for queries that every save or
page asks; what is asked now and then is written as ever.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connection, models
from django.db.models import query

from trialsite.lib.batches import batches

_django: Any = query  # Django reads joined rows with something it does not describe


class Place(models.Value):
    """Where a value will stand. `field` says what it is, as the database wants it."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def fill(self, values: dict[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.value], connection)


class Prepared:
    """One query. `compose` makes it, as a queryset in which a `Place` stands for each value; it is called once for each kind of database.

    Raises `KeyError` when a value is missing that the query has a place for.
    """

    def __init__(self, compose: Callable[[], "models.QuerySet[Any]"]) -> None:
        self._compose = compose
        self._composed: dict[str, _Composed] = {}

    def ask(self, **values: Any) -> list[Any]:
        """The records found, with joined records and annotated columns in their places; lists of values where the query asks for columns."""
        composed = self._composed.get(connection.vendor)
        if composed is None:
            composed = self._composed[connection.vendor] = _Composed(self._compose())
        return composed.ask(values)

    def ask_one(self, **values: Any) -> Any:
        """The first record found, or None."""
        return next(iter(self.ask(**values)), None)


class _Composed:
    """The SQL, and how its rows become records."""

    def __init__(self, rows: "models.QuerySet[Any]") -> None:
        self.sql: str = ""
        self.params: Any = ()
        self.model: Any = None
        compiler: Any = rows.query.get_compiler(connection=connection)
        try:
            self.sql, self.params = compiler.as_sql()
        except EmptyResultSet:
            return  # nothing can ever fit, so that nobody need be asked
        self.compiler, self.converters = compiler, compiler.get_converters([column[0] for column in compiler.select])
        found = compiler.klass_info
        if rows._fields is not None:  # type: ignore[attr-defined]  # the query asks for columns
            return
        first, last = found["select_fields"][0], found["select_fields"][-1] + 1
        self.model, self.own = found["model"], slice(first, last)
        self.names = [column[0].target.attname for column in compiler.select[self.own]]
        self.joined = _django.get_related_populators(found, compiler.select, connection.alias)
        self.annotated = list(compiler.annotation_col_map.items())

    def ask(self, values: dict[str, Any]) -> list[Any]:
        if not self.sql:
            return []
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [one.fill(values) if isinstance(one, Place) else one for one in self.params])
            rows = cursor.fetchall()
        read = self._convert(rows)
        return read if self.model is None else [self._make(row) for row in read]

    def _convert(self, rows: list[Any]) -> list[Any]:
        """Values as Python knows them, where the database keeps them otherwise."""
        read = [list(row) for row in rows]
        for at, (converters, expression) in self.converters.items():
            for row in read:
                for convert in converters:
                    row[at] = convert(row[at], expression, connection)
        return read

    def _make(self, row: list[Any]) -> Any:
        made = self.model.from_db(connection.alias, self.names, row[self.own])
        for joined in self.joined:
            joined.populate(row, made)
        for name, at in self.annotated:
            setattr(made, name, row[at])
        return made


def insert(records: Sequence[models.Model]) -> None:
    """Store new rows of one table, in as few statements as the database takes; records with a counted key get theirs.

    Raises as `bulk_create` does, which this stands for where the columns are plain.
    """
    if not records:
        return
    fields, head, tail = _insert_sql(type(records[0]), connection.vendor)
    row = f"({', '.join(['%s'] * len(fields))})"
    for some in batches(records, max(connection.ops.bulk_batch_size(fields, records), 1)):
        values = [field.get_db_prep_save(field.pre_save(one, add=True), connection) for one in some for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(f"{head}{', '.join([row] * len(some))}{tail}", values)  # names and places, no values
            keys = cursor.fetchall() if tail else [(one.pk,) for one in some]
        for one, (key,) in zip(some, keys, strict=True):
            one.pk, one._state.adding, one._state.db = key, False, connection.alias


@cache
def _insert_sql(model: type[models.Model], vendor: str) -> tuple[list[Any], str, str]:
    """The fields that have a value, and what stands before and behind the rows."""
    quote: Any = connection.ops.quote_name
    fields: list[Any] = [one for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    key: Any = model._meta.pk
    tail = f" RETURNING {quote(key.column)}" if isinstance(key, models.AutoField) else ""
    columns = ", ".join(quote(field.column) for field in fields)
    return fields, f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ", tail  # noqa: S608  # names of ours


def update(record: models.Model, names: Iterable[str]) -> None:
    """Store some fields of one row. Raises `DatabaseError` when the row is gone."""
    quote, meta = connection.ops.quote_name, record._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    values = [field.get_db_prep_save(field.pre_save(record, add=False), connection) for field in fields]
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key: Any = meta.pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} SET {columns} WHERE {quote(key.column)} = %s",  # noqa: S608  # names of ours
            [*values, key.get_db_prep_value(record.pk, connection)],
        )
        if cursor.rowcount != 1:
            raise DatabaseError(f"{meta.verbose_name} {record.pk} is not stored any more")
