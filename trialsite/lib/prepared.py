"""Queries that are composed once and asked many times: Django writes the SQL, and it is kept with a place for every value.

To have Django compose a query of thirty columns takes ten times as long as the database needs to answer it. Only for queries that every save or
page asks; what is asked now and then is written as ever.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, models
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # what Django itself reads joined rows with


class Place(models.Value):
    """Where a value will stand. `field` says what it is, as the database wants it."""

    def __init__(self, name: str, field: "models.Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
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
        """The records found, with joined records and annotated columns in their places."""
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
        compiler: Any = rows.query.get_compiler(connection=connection)
        self.sql, self.params = compiler.as_sql()
        self.compiler, self.converters = compiler, compiler.get_converters([column[0] for column in compiler.select])
        found = compiler.klass_info
        first, last = found["select_fields"][0], found["select_fields"][-1] + 1
        self.model, self.own = found["model"], slice(first, last)
        self.names = [column[0].target.attname for column in compiler.select[self.own]]
        self.joined = get_related_populators(found, compiler.select, connection.alias)
        self.annotated = list(compiler.annotation_col_map.items())

    def ask(self, values: dict[str, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [one.fill(values) if isinstance(one, Place) else one for one in self.params])
            rows = cursor.fetchall()
        return [self._make(row) for row in self._convert(rows)]

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
