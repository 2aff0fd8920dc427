"""When a visit may be recorded, told as reasons. Pure."""

from dataclasses import dataclass
from datetime import date

from trialsite.lib.findings import Finding, hard
from trialsite.protocol.model import PlannedVisit


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What decides whether a visit can have taken place on a day."""

    planned: PlannedVisit
    visited_on: date
    today: date
    registered_on: date
    consented_on: date | None
    entered_on: date | None
    anchor_on: date | None
    died_on: date | None
    followed_until: date | None = None  # the day the patient withdrew from follow-up, or more
    uses_data: bool = True


def check_visit(facts: VisitFacts) -> list[Finding]:
    """Every reason why the patient cannot have been seen on that day at that visit."""
    return [*_check_day(facts), *_check_withdrawal(facts), *_check_sequence(facts)]


def _check_withdrawal(facts: VisitFacts) -> list[Finding]:
    """What was seen before the patient withdrew may still be entered, unless the patient took back the use of the data too."""
    until, on = facts.followed_until, facts.visited_on
    if until is None:
        return []
    if not facts.uses_data:
        sentence = (
            f"The patient withdrew the use of their data ({until}). No visit is added; what was entered before stays."
        )
        return [hard("visit_after_data_use", "visited_on", sentence, "8.1")]
    if on > until:
        sentence = (
            f"{on} is after the patient withdrew from follow-up ({until}). Nobody is seen after it; correct the date."
        )
        return [hard("visit_after_withdrawal", "visited_on", sentence, "8.1")]
    return []


def _check_day(facts: VisitFacts) -> list[Finding]:
    on, field = facts.visited_on, "visited_on"
    if on > facts.today:
        return [hard("visit_future", field, f"{on} is in the future. Enter the day the patient was seen.")]
    start = facts.consented_on or facts.registered_on
    if on < start:
        return [
            hard(
                "visit_before_consent",
                field,
                f"{on} is before consent ({start}). Nothing may be done before it.",
                "7.1",
            )
        ]
    if facts.died_on is not None and on > facts.died_on:
        return [
            hard(
                "visit_after_death",
                field,
                f"{on} is after the patient's death ({facts.died_on}). Correct one of the two.",
                "7.12",
            )
        ]
    return []


def _check_sequence(facts: VisitFacts) -> list[Finding]:
    kind, on = facts.planned.kind, facts.visited_on
    if kind == "procedure" and (facts.entered_on is None or on < facts.entered_on):
        entered = f"({facts.entered_on})" if facts.entered_on else "first"
        return [
            hard(
                "procedure_before_entry",
                "visited_on",
                f"The procedure follows enrollment or randomization {entered}.",
                "7.4",
            )
        ]
    if kind == "follow_up" and facts.anchor_on is None:
        return [
            hard(
                "follow_up_before_day_0", "visited_on", "Record the procedure first: this visit counts from it.", "1.6"
            )
        ]
    if kind == "follow_up" and facts.anchor_on is not None and on < facts.anchor_on:
        return [hard("follow_up_before_procedure", "visited_on", f"{on} is before day 0 ({facts.anchor_on}).", "1.6")]
    return []
