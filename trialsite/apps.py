from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name for it


def warn_of_sqlite(**_: Any) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if not (settings.IS_PRODUCTION and engine.endswith("sqlite3")):
        return []
    return [
        Warning(
            "Production runs on SQLite.",
            hint="Fit for one machine; PostgreSQL adds a role that cannot drop the guards of the audit trail.",
            id="trialsite.W001",
        )
    ]


class TrialsiteConfig(AppConfig):
    name = "trialsite"
    verbose_name = "Trialsite"

    def ready(self) -> None:
        register(warn_of_sqlite, Tags.security)
