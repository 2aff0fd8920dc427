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
    "^pg_(lock_status|get_sequence_data|sequence_last_value|get_replication_slots|notification_queue|isolation_test)",
    "_blocking_pids$",
    "^currtid",  # looks at a row wherever it lies, and says which pages there are
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


_NEIGHBORS = """
SELECT d.datname FROM pg_database d WHERE d.datname IN ('postgres', 'template1') AND d.datname <> current_database()
    AND EXISTS (SELECT 1 FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT')
"""
_REACHABLE = """
SELECT datname FROM pg_database WHERE datallowconn AND datname <> current_database() AND has_database_privilege(%s, oid, 'CONNECT') ORDER BY 1
"""


def close_server(blinded: str, *, is_copy: bool) -> list[str]:
    """Take from everybody but `pg_monitor` what the server tells of other roles' writes. What stays open, as sentences."""
    if not _ask("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper"):
        return [_NO_SUPERUSER.format(blinded)]
    with connection.cursor() as cursor:
        makers = (_close_functions, _close_columns) if is_copy else (_close_functions, _close_columns, _close_neighbors)
        for make in makers:
            for statement in make():
                cursor.execute(statement)
        cursor.execute(_REACHABLE, [blinded])
        reachable = ", ".join(name for (name,) in cursor.fetchall())
    return [_NEIGHBORS_STAY.format(blinded, reachable)] if reachable else []


_NO_SUPERUSER = (
    "The counters of the server stay open to every role, for this owner is no superuser: whoever has the password of {} learns from them when"
    " and how much an operator saved. Run this command once as a superuser."
)
_NEIGHBORS_STAY = (
    "{} may connect to other databases of this server, where its counters are open: {}. Take the right from PUBLIC there (REVOKE CONNECT ON"
    " DATABASE ... FROM PUBLIC) and give it to those who need it."
)


def _close_functions() -> Iterator[str]:
    for (function,) in _ask(_OPEN_FUNCTIONS):
        yield f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {function} TO pg_monitor"


def _close_columns() -> Iterator[str]:
    ((columns,),) = _ask(_OTHER_COLUMNS)
    yield "REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC"
    yield f"GRANT SELECT ({columns}) ON pg_catalog.pg_class TO PUBLIC"
    yield "GRANT SELECT ON pg_catalog.pg_class TO pg_monitor"


def _close_neighbors() -> Iterator[str]:
    """Databases that come with every server: the rights taken here are those of one database, and the counters are those of all."""
    if not _ask(_NEIGHBORS):
        return
    yield "LOCK TABLE pg_catalog.pg_database IN SHARE ROW EXCLUSIVE MODE"  # two who do this at once
    for (name,) in _ask(_NEIGHBORS):
        yield f"REVOKE CONNECT ON DATABASE {connection.ops.quote_name(name)} FROM PUBLIC"


def _ask(sql: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
