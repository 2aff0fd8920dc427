"""What a server of PostgreSQL tells every role of itself, closed in the database of the trial.

Row security hides rows; it does not hide that they were written. Counters of tables, sizes in bytes, the place in the log of writes, locks and the
last values of sequences grow with every save of an operator, and they grow by another amount for the one arm than for the other. Nothing
that serves people needs any of them.
"""

from collections.abc import Iterator

from django.db import connection

# Matched by name, so that what a later version of the server adds under these names is closed as well.
_FUNCTIONS = (
    "^pg_(stat_get|control|current_wal|available_wal|wal_summary|get_wal_summ|last_wal|logical_emit|xact_commit|last_committed)",
    "^pg_(lock_status|get_sequence_data|sequence_last_value|get_replication_slots|notification_queue)",
    "^pg_(database|indexes|relation|table|tablespace|total_relation)_size$",
)
# Of the catalog of tables: how many rows and pages each has, and how often it was gone through.
_COLUMNS = "('relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid')"

_OPEN_FUNCTIONS = f"""
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND ({" OR ".join(f"p.proname ~ '{one}'" for one in _FUNCTIONS)})
    AND EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
"""  # noqa: S608 - no input
_OTHER_COLUMNS = f"""
SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
WHERE attrelid = 'pg_class'::regclass AND attnum > 0 AND attname NOT IN {_COLUMNS}
"""  # noqa: S608 - no input


def close_server() -> bool:
    """Take from everybody but `pg_monitor` what the server tells of other roles' writes. False where only a superuser may, and the owner is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return False
        for statement in [*_close_functions(), *_close_columns()]:
            cursor.execute(statement)
    return True


def _close_functions() -> Iterator[str]:
    for (function,) in _ask(_OPEN_FUNCTIONS):
        yield f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {function} TO pg_monitor"


def _close_columns() -> Iterator[str]:
    ((columns,),) = _ask(_OTHER_COLUMNS)
    yield "REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC"
    yield f"GRANT SELECT ({columns}) ON pg_catalog.pg_class TO PUBLIC"
    yield "GRANT SELECT ON pg_catalog.pg_class TO pg_monitor"


def _ask(sql: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
