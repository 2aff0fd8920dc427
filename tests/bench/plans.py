"""Which index the database takes for each way to ask the trail."""

from typing import Any

from django.db import connection
from django.http import QueryDict

from trialsite.accounts.models import User
from trialsite.trail.forms import TrailForm
from trialsite.trail.selectors import PER_PAGE, find_events

FILTERS = {
    "patient": "patient=P2-000007",
    "person": "person=coordinator",
    "action": "action=create",
    "form": "form=vital_signs",
    "site": "site=UB",
    "period": "from_on=2011-02-01&to_on=2011-02-03",
    "word": "text=transcription",
}


def explain_filters(user: User) -> dict[str, str]:
    """Filter -> the steps of the plan that touch the events."""
    return {name: explain(user, asked) for name, asked in {"": "", **FILTERS}.items()}


def explain(user: User, asked: str) -> str:
    wanted = TrailForm(user, QueryDict(asked) or None).wanted
    rows: Any = find_events(user, wanted)[: PER_PAGE + 1]
    lines = rows.explain().splitlines()
    steps = [line.strip().lstrip("-> ") for line in lines if "audit_auditevent" in line or "audit_event" in line]
    return "; ".join(step.split("  (cost")[0] for step in steps)


def scans_whole_table(plan: str) -> bool:
    words = ("Seq Scan",) if connection.vendor == "postgresql" else ("SCAN audit_auditevent",)
    return any(word in plan and "USING" not in plan for word in words)
