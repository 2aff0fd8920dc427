"""What must hold about an adverse event (protocol sections 4.4 and 7), and what follows from it. Pure.

`context.related` may hold `procedure_started_at` (aware datetime: the sheath was inserted), `last_visit_on` (date)
and `death_recorded_on` (date of death in another record).
`context.now` and `context.time_zone` decide what is overdue.
"""

from collections.abc import Sequence
from datetime import date, datetime

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.lib.study_day import study_day
from trialsite.records.values import Computed, Values
from visits.crfs.adverse_event import rules
from visits.crfs.adverse_event.clocks import Duty, duties
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_order, check_past_date

FORM = "adverse_event"
FATAL_GRADE = 5
LIFE_THREATENING_GRADE = 4
SECTION = "4.4"
_MOMENTS = (
    "aware_at",
    "sponsor_aware_at",
    "risk_decided_at",
    "sponsor_reported_at",
    "board_reported_at",
    "authority_reported_at",
    "investigators_reported_at",
)


def check_adverse_event(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *_check_days(values, context),
        *_check_time_of_day(values, context),
        *_check_course(values),
        *_check_outcome(values),
        *_check_criteria(values),
        *_check_grade(values),
        *_check_death(values, context),
        *_check_hospital(values),
        *_check_implant(values),
        *_check_device(values),
        *_check_exclusive_codes(values),
        *_check_moments(values, context),
        *_check_anticipated(values),
        *_check_narrative(values),
        *_check_relapse(values),
    ]


def _check_days(values: Values, context: VisitContext) -> list[Finding]:
    names = ("onset_on", "ended_on", "died_on", "admitted_on", "discharged_on", "implanted_on")
    findings = [
        finding for name in names if values.get(name) for finding in check_past_date(name, values[name], context)
    ]
    for later in ("ended_on", "died_on", "implanted_on"):
        findings += check_order(
            values, "onset_on", later, "This is before the event started. Correct one of the two dates."
        )
    return findings + check_order(
        values, "admitted_on", "discharged_on", "Discharged before admission. Correct one of the two dates."
    )


def _check_time_of_day(values: Values, context: VisitContext) -> list[Finding]:
    if values.get("onset_time") is not None and values.get("onset_on") is None:
        return [
            hard("onset_time_without_day", "onset_on", "There is a time but no day. Enter the day it started.", SECTION)
        ]
    hours = context.protocol.safety.time_needed_hours
    if not rules.needs_time_of_day(_onset(values, context), _procedure(context), hours):
        return []
    sentence = (
        f"It may have started within {hours} hours of the procedure: enter the time of day, or say why it is not known."
    )
    return [missing("onset_time_missing", "onset_time", sentence, "8.14")]


def _onset(values: Values, context: VisitContext) -> rules.Bounds | None:
    return rules.onset_bounds(values, context.time_zone)


def _procedure(context: VisitContext) -> rules.Bounds | None:
    return rules.procedure_bounds(context.procedure_on, context.related.get("procedure_started_at"), context.time_zone)


def _check_course(values: Values) -> list[Finding]:
    """Ongoing, or ended on a day: one of the two, never both."""
    ongoing, ended_on = values.get("is_ongoing"), values.get("ended_on")
    if ongoing and ended_on is not None:
        return [
            hard(
                "ongoing_and_ended",
                "ended_on",
                "The event is marked as still going on. Remove the end, or answer no.",
                SECTION,
            )
        ]
    if ongoing is False and ended_on is None:
        return [
            missing(
                "ended_undated",
                "ended_on",
                "The event is over: enter the day it ended, or say why it is not known.",
                SECTION,
            )
        ]
    return []


def _check_outcome(values: Values) -> list[Finding]:
    ongoing, outcome = values.get("is_ongoing"), values.get("outcome")
    if ongoing and outcome in rules.ENDED_OUTCOMES:
        return [
            hard(
                "outcome_of_ongoing",
                "outcome",
                "An event that goes on has no final outcome yet. Correct one of the two.",
                SECTION,
            )
        ]
    if ongoing is False and outcome in rules.LASTING_OUTCOMES:
        return [
            hard(
                "outcome_of_ended",
                "outcome",
                "The event is marked as over, but not as recovered. Correct one of the two.",
                SECTION,
            )
        ]
    return []


def _check_criteria(values: Values) -> list[Finding]:
    criteria = set(values.get("seriousness") or ())
    is_fatal = values.get("outcome") == rules.FATAL
    if is_fatal and criteria and "death" not in criteria:
        return [
            hard(
                "fatal_without_death",
                "seriousness",
                "The outcome is fatal: mark death as a seriousness criterion.",
                SECTION,
            )
        ]
    if "death" in criteria and values.get("outcome") and not is_fatal:
        return [
            hard(
                "death_without_fatal", "outcome", "Death is marked as a criterion: the outcome must be fatal.", SECTION
            )
        ]
    return []


def _check_grade(values: Values) -> list[Finding]:
    grade, is_fatal = values.get("ctcae_grade"), values.get("outcome") == rules.FATAL
    if grade is None:
        return []
    if is_fatal and grade != FATAL_GRADE:
        return [hard("fatal_grade", "ctcae_grade", f"A fatal event has grade {FATAL_GRADE}.", SECTION)]
    if grade == FATAL_GRADE and values.get("outcome") and not is_fatal:
        return [
            hard(
                "grade_not_fatal",
                "ctcae_grade",
                f"Grade {FATAL_GRADE} means death, but the outcome is not fatal. Correct one.",
                SECTION,
            )
        ]
    if "life_threatening" in (values.get("seriousness") or ()) and grade < LIFE_THREATENING_GRADE:
        return [
            hard(
                "life_threatening_grade",
                "ctcae_grade",
                f"A life-threatening event has at least grade {LIFE_THREATENING_GRADE}.",
                SECTION,
            )
        ]
    return []


def _check_death(values: Values, context: VisitContext) -> list[Finding]:
    is_fatal, died_on = values.get("outcome") == rules.FATAL, values.get("died_on")
    if is_fatal and died_on is None:
        return [missing("death_undated", "died_on", "The outcome is fatal: enter the date of death.", SECTION)]
    if died_on is None:
        return []
    if values.get("outcome") and not is_fatal:
        return [
            hard(
                "death_not_fatal",
                "died_on",
                "There is a date of death, but the outcome is not fatal. Correct one of the two.",
                SECTION,
            )
        ]
    return [*_check_no_visit_after(died_on, context), *_check_one_death(died_on, context)]


def _check_no_visit_after(died_on: date, context: VisitContext) -> list[Finding]:
    last_visit_on = context.related.get("last_visit_on")
    if last_visit_on is not None and last_visit_on > died_on:
        sentence = f"The patient was seen on {last_visit_on}, after this date of death. Correct the date, or the visit."
        return [hard("death_before_visit", "died_on", sentence, "7.12")]
    return []


def _check_one_death(died_on: date, context: VisitContext) -> list[Finding]:
    recorded_on = context.related.get("death_recorded_on")
    if recorded_on is None or recorded_on == died_on:
        return []
    sentence = f"Another form tells of a death on {recorded_on}. Make the two dates the same, one after the other."
    return [soft("death_date_differs", "died_on", sentence, "7.12")]


def _check_hospital(values: Values) -> list[Finding]:
    is_criterion, admitted_on = "hospitalization" in (values.get("seriousness") or ()), values.get("admitted_on")
    if is_criterion and admitted_on is None:
        return [
            missing(
                "admission_undated",
                "admitted_on",
                "Hospitalization is marked: enter the day of admission, or say why not.",
                "8.14",
            )
        ]
    if admitted_on is not None and values.get("seriousness") and not is_criterion:
        return [
            soft(
                "admission_not_serious",
                "seriousness",
                "The patient was admitted, but hospitalization is not marked. Is that right?",
                SECTION,
            )
        ]
    return []


def _check_implant(values: Values) -> list[Finding]:
    implant, on = values.get("implant"), values.get("implanted_on")
    if on is not None and implant in (None, "", rules.NONE):
        return [
            hard(
                "implant_date_only",
                "implanted_on",
                "There is a date but no implant. Say what was implanted, or remove the date.",
                "7.11",
            )
        ]
    if implant and implant != rules.NONE and on is None:
        return [
            missing(
                "implant_undated",
                "implanted_on",
                "Enter the day of implantation: imaging is barred from then on.",
                "7.11",
            )
        ]
    return []


def _check_device(values: Values) -> list[Finding]:
    if values.get("has_device_deficiency") and not values.get("device_deficiency"):
        return [missing("device_deficiency_unsaid", "device_deficiency", "Say what was wrong with the device.", "8.14")]
    return []


def _check_exclusive_codes(values: Values) -> list[Finding]:
    return [
        hard(f"{name}_none_and_more", name, '"None" stands beside other answers. Keep one or the other.', SECTION)
        for name in ("seriousness", "actions_taken")
        if rules.NONE in (values.get(name) or ()) and len(values[name]) > 1
    ]


def _check_moments(values: Values, context: VisitContext) -> list[Finding]:
    findings = [
        hard(f"{name}_future", name, "This moment is in the future. Enter when it happened.")
        for name in _MOMENTS
        if _is_future(values.get(name), context.now)
    ]
    for name in ("sponsor_aware_at", *_MOMENTS[3:]):
        findings += check_order(
            values, "aware_at", name, "This is before the site learned of the event. Correct one of the two."
        )
    return findings + _check_awareness(values, context)


def _is_future(moment: datetime | None, now: datetime | None) -> bool:
    return moment is not None and now is not None and moment > now


def _check_awareness(values: Values, context: VisitContext) -> list[Finding]:
    bounds, aware_at = _onset(values, context), values.get("aware_at")
    if bounds is None or aware_at is None or aware_at >= bounds[0]:
        return []
    return [
        hard(
            "aware_before_onset",
            "aware_at",
            "The site cannot learn of an event before it starts. Correct one of the two.",
            "5.4",
        )
    ]


def _check_anticipated(values: Values) -> list[Finding]:
    """Without this answer the device clock cannot be set."""
    caused = rules.is_suspected(values, "related_device", "related_procedure")
    if not rules.is_serious(values) or not caused or values.get("is_anticipated") is not None:
        return []
    sentence = "A serious event that the procedure or a device may have caused: say whether it was anticipated. A report may be due."
    return [missing("anticipated_unanswered", "is_anticipated", sentence, "5.4")]


def _check_narrative(values: Values) -> list[Finding]:
    if not rules.is_serious(values) or values.get("narrative"):
        return []
    return [
        missing("narrative_missing", "narrative", "A serious event needs its story in words, without names.", "8.14")
    ]


def _check_relapse(values: Values) -> list[Finding]:
    if "relapse" not in (values.get("term") or "").casefold():
        return []
    return [
        soft("relapse_as_event", "term", "A relapse is recorded once, as a relapse. Is this another event?", SECTION)
    ]


def compute_adverse_event(values: Values, context: VisitContext) -> list[Computed]:
    return [
        *_show_seriousness(values),
        *_show_emergence(values, context),
        *_show_implant(values),
        *_show_duties(values, context),
    ]


def _show_seriousness(values: Values) -> list[Computed]:
    if not values.get("seriousness"):
        return []
    serious = rules.is_serious(values)
    is_effect = rules.is_unanticipated_device_effect(values)
    note = "Unanticipated device effect." if is_effect else ("By its criteria, whatever the cause." if serious else "")
    return [Computed("Serious", "Yes" if serious else "No", note, is_alert=serious)]


def _show_emergence(values: Values, context: VisitContext) -> list[Computed]:
    onset_on = values.get("onset_on")
    if onset_on is None or context.procedure_on is None:
        return []
    words = {
        True: "Started during or after the procedure (treatment-emergent).",
        False: "Started before the procedure.",
        None: "Started before or after the procedure: the times of both are needed to tell.",
    }
    emergent = rules.is_treatment_emergent(_onset(values, context), _procedure(context))
    return [Computed("Day of the trial", f"{study_day(context.procedure_on, onset_on)}", words[emergent])]


def _show_implant(values: Values) -> list[Computed]:
    since = rules.mri_barred_since([values])
    if since is None:
        return []
    return [
        Computed(
            "Magnetic resonance imaging", f"Not possible from {since} on", "An implant is recorded here.", is_alert=True
        )
    ]


def _show_duties(values: Values, context: VisitContext) -> list[Computed]:
    found = duties(
        context.protocol.safety,
        rules.clock_events(values),
        rules.clock_starts(values),
        rules.reports_sent(values),
        context.time_zone,
    )
    return show_duties(found, context)


def show_duties(found: Sequence[Duty], context: VisitContext) -> list[Computed]:
    """What is owed, by when, and whether it is late."""
    return [_show_duty(duty, context.now) for duty in found]


def _show_duty(duty: Duty, now: datetime | None) -> Computed:
    if duty.due_at is None:
        return Computed(
            duty.clock.label,
            "No due date yet",
            f"It runs from: {duty.clock.starts_at.replace('_', ' ')}. Enter that moment.",
        )
    state = "Reported in time."
    if duty.reported_at is None:
        state = "Overdue: report it now." if now is not None and duty.is_overdue(now) else "Not reported yet."
    elif duty.is_late:
        state = "Reported late: record a deviation."
    return Computed(
        duty.clock.label,
        f"Due by {duty.due_at:%Y-%m-%d %H:%M}",
        state,
        is_alert=state.startswith(("Overdue", "Reported late")),
    )
