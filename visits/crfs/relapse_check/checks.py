"""What must hold in a relapse check. Pure.

Needs `context.previous` (this form at the last earlier visit, with `assessed_on`), and of `context.related`:

* "relapses": the patient's relapse log, as `OtherRelapse` (see `visits.crfs.relapse.rules`); without it nothing is compared.
"""

from collections.abc import Sequence
from datetime import date

from trialsite.lib.findings import Finding, hard, soft
from trialsite.records.values import Values
from visits.crfs.context import VisitContext
from visits.crfs.relapse.rules import OtherRelapse, RelapseStatus
from visits.crfs.shared_checks import check_assessment_date


def check_relapse_check(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *_check_answer(values),
        *_check_total(values, context),
        *_check_log(values, context),
    ]


def _check_answer(values: Values) -> list[Finding]:
    answer, new = values.get("has_new_relapse"), values.get("new_relapses")
    if answer is None or new is None or answer == (new > 0):
        return []
    if answer:
        return [
            hard(
                "new_but_none",
                "new_relapses",
                "A new relapse is reported, so there is at least 1. Correct the answer or the number.",
            )
        ]
    return [
        hard(
            "none_but_new",
            "new_relapses",
            f"No new relapse is reported, but {new} counted. Correct the answer or the number.",
        )
    ]


def _check_total(values: Values, context: VisitContext) -> list[Finding]:
    new, total, before = (
        values.get("new_relapses"),
        values.get("total_relapses"),
        context.previous.get("total_relapses"),
    )
    if total is None:
        return []
    if before is not None and total < before:
        sentence = f"It was {before} at the last visit and cannot fall. Correct the number here, or the earlier visit."
        return [hard("total_falls", "total_relapses", sentence, "3.3")]
    if new is not None and total < new:
        return [
            hard(
                "total_below_new",
                "total_relapses",
                f"There cannot be fewer than the {new} new ones. Correct one of the two.",
                "3.3",
            )
        ]
    if new is not None and before is not None and total != before + new:
        sentence = f"{before} at the last visit and {new} new make {before + new}, not {total}. Which number is right?"
        return [soft("total_does_not_add_up", "total_relapses", sentence, "3.3")]
    return []


def count_logged(context: VisitContext, until: date | None, after: date | None = None) -> int | None:
    """Relapses of the log with an onset in a span of days (the last included, the first not); None without a log."""
    log: Sequence[OtherRelapse] | None = context.related.get("relapses")
    if log is None or until is None:
        return None
    onsets = [one.onset_on for one in log if one.status is not RelapseStatus.NOT_RELAPSE]
    return sum(onset <= until and (after is None or onset > after) for onset in onsets)


def _check_log(values: Values, context: VisitContext) -> list[Finding]:
    on, new = values.get("assessed_on"), values.get("new_relapses")
    logged = count_logged(context, on, context.previous.get("assessed_on"))
    if new is None or logged is None or new == logged:
        return []
    since = context.previous.get("assessed_on")
    span = f"after {since} up to this visit" if since else "up to this visit"
    sentence = f"The relapse log has {logged} with an onset {span}. Enter each relapse there, or correct the number."
    return [soft("log_differs", "new_relapses", sentence, "7.8")]
