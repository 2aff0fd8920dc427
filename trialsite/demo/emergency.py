"""The one emergency of the synthetic trial: an investigator breaks a code, and says the next day what it meant."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from enrollment.actions.code_break import Asked, BreakReason, add_impact, find_knock_on, get_own_breaks, open_code
from trialsite.demo.desk import Desk
from trialsite.demo.stage import Stage

EMERGENCY_DAY = 140
"""Days from the procedure: after the last relapse of the plan, for an investigator who knows an arm rates no outcome any more."""


def break_code(desk: Desk, stage: Stage, on: date) -> Iterator[datetime]:
    """Nobody but the investigator and the statistician learns of it; nobody reads the arm here."""
    investigator = stage.investigator
    yield stage.at(on, 18, 25)
    asked = Asked(
        reason=BreakReason.EMERGENCY,
        reason_text="An operation planned before the trial; a catheter must go into the neck at once.",
        clinician="Dr. Example, anesthetist on duty",
        occasion=1,
        knock_on=find_knock_on(desk.patient, investigator).at_most,
    )
    open_code(desk.patient, asked, user=investigator)
    yield stage.at(on + timedelta(days=1), 9, 10)
    add_impact(
        get_own_breaks(investigator, desk.patient)[0],
        assessment="The operation went well. The investigator rates no outcome of this patient from now on.",
        treatment_change="no",
        told="The anesthetist on duty",
        user=investigator,
    )
