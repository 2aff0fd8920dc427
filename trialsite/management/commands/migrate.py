from typing import Any

from django.core.management.commands import migrate
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from enrollment.vault.windows import take_away_all


class Command(migrate.Command):
    """As Django's own; PostgreSQL changes no column that a view shows, so the views of the blinded role go before."""

    def handle(self, *args: Any, **options: Any) -> None:
        is_asked = options["plan"] or options["check_unapplied"]
        if connection.vendor == "postgresql" and not is_asked and _has_something_to_do() and take_away_all():
            self.stderr.write(
                "Run manage.py set_database_rights as well: until then the service for blinded people shows errors."
            )
        super().handle(*args, **options)


def _has_something_to_do() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
