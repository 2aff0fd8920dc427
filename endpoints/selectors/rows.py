"""Many rows at once, as the driver gives them."""

from typing import Any

from django.db import connections
from django.db.models import QuerySet


def fetch_rows(columns: "QuerySet[Any, tuple[Any, ...]]") -> list[tuple[Any, ...]]:
    """The rows of a `values_list`, in its order.

    PostgreSQL's driver gives Python's own dates, decimals, ids and truth values; what Django would do with each value of each row beyond that
    costs more than the reading. SQLite knows none of these types, so there Django converts.
    """
    connection = connections[columns.db]
    if connection.vendor != "postgresql":
        return list(columns)
    sql, parameters = columns.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
