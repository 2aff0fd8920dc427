"""Questions about a change since the last visit that is larger than the protocol expects. Pure."""

from decimal import Decimal
from typing import Any

from trialsite.lib.findings import Finding, soft
from trialsite.protocol.model import Limit
from trialsite.records.values import Values
from visits.crfs.context import VisitContext


def check_changes(form: str, values: Values, context: VisitContext) -> list[Finding]:
    """Ask about every field of the form that moved by more than its `soft_change` or `soft_change_pct`."""
    return [
        soft(f"{name}_changed", name, f"It was {before} {limit.unit} at the last visit. Is a change that large right?")
        for name, limit in context.protocol.limits.get(form, {}).items()
        if _is_large_change(limit, before := context.previous.get(name), values.get(name))
    ]


def _is_large_change(limit: Limit, before: Any, after: Any) -> bool:
    if before in (None, "") or after in (None, ""):  # an item chosen from a list, such as 1.5 T, is "" while it is open
        return False
    change = abs(Decimal(after) - Decimal(before))
    by_amount = limit.soft_change is not None and change > limit.soft_change
    by_percent = limit.soft_change_pct is not None and change * 100 > limit.soft_change_pct * abs(Decimal(before))
    return by_amount or by_percent
