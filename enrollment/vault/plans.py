"""What a plan of PostgreSQL tells of rows that row security hides among others, and what keeps it from telling what they say.

Whoever writes SQL by hand over the blinded role may let the database explain and measure its plans. Operators that the database calls
leakproof are asked before a policy where they cost less than it, and in every index; and all estimates rest on statistics of all rows. So

* a policy asks one column of the row itself whether the row is restricted, which costs nothing and so stands before whatever else is
  asked: tables that came from elsewhere get such a column here;
* of these tables the role finds views alone, for a policy by itself does not stay first (`enrollment.vault.windows`);
* no statistics are kept of a column that is in no index over all rows (nor in a policy): what stands there is for rows that may be read.

What is in an index over all rows - of whom, when, in which state - can be counted, and so can the rows.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from trialsite.lib.lockout import OF_UNBLINDED

# Tables of work, and of failed sign-ins -> for whom a row is. A column made of it says whether blinded people must not see the row.
MARKED = {
    "jobs.Job": "queue = 'unblinded'",
    "django_tasks_database.DBTaskResult": "queue_name = 'unblinded'",
    "jobs.Worker": "queue = 'unblinded'",
    "axes.AccessAttempt": f"starts_with(coalesce(username, ''), '{OF_UNBLINDED}')",
}
OF_OTHERS = "is_of_unblinded"


def list_marks() -> Iterator[str]:
    """Statements, safe to repeat, that give tables the column their policy asks."""
    for label, condition in MARKED.items():
        yield (
            f'ALTER TABLE public."{apps.get_model(label)._meta.db_table}" ADD COLUMN IF NOT EXISTS {OF_OTHERS} boolean NOT NULL'
            f" GENERATED ALWAYS AS ({condition}) STORED"
        )


def forget_values(cursor: Any, table: str) -> None:
    """Keep no statistics of what the rows of a table say, and drop those there are. As its owner, after its policies were made."""
    cursor.execute(_SAYING, [f"public.{table}"] * 3)
    for column, kind, is_known in cursor.fetchall():
        cursor.execute(f"ALTER TABLE public.{table} ALTER COLUMN {column} SET STATISTICS 0")
        if is_known:
            # The same type: the rows stay as they are, and what was known of them is gone.
            cursor.execute(f"ALTER TABLE public.{table} ALTER COLUMN {column} TYPE {kind}")


# Columns in no index over all rows, and in no policy or generated column (those have a dependency of the normal kind).
_SAYING = """
SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
       EXISTS (
           SELECT 1 FROM pg_stats s
           WHERE (s.schemaname, s.tablename, s.attname) = (c.relnamespace::regnamespace::text, c.relname, a.attname)
       )
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = %s::regclass AND i.indpred IS NULL AND a.attnum = ANY (i.indkey)
    )
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend d
        WHERE d.classid IN ('pg_policy'::regclass, 'pg_attrdef'::regclass) AND d.deptype = 'n'
            AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %s::regclass AND d.refobjsubid = a.attnum
    )
ORDER BY a.attnum
"""
