"""One synthetic patient's way through the trial: acts in the order of time, each at its moment.

A course is a generator. It yields the moment at which it wants to go on; whoever runs it holds the clock there and lets it do the next acts.
So all patients can live side by side, and the trail grows in the order of time.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from enrollment.actions.draw import draw_allocation, enroll_open_label
from enrollment.actions.eligibility import sign_eligibility
from enrollment.actions.patient import record_screening_failure, register_patient, withdraw_patient
from enrollment.models import PatientStatus
from enrollment.vault.reveal import reveal_to_operator
from trialsite.accounts.actor import actor_of
from trialsite.demo.closing import close_casebook
from trialsite.demo.days import procedure_day_from, working_day_from
from trialsite.demo.desk import Desk
from trialsite.demo.emergency import EMERGENCY_DAY, break_code
from trialsite.demo.paper import doppler, examinations, history, imaging, logs, procedure
from trialsite.demo.paper.body import Sheet, make_body
from trialsite.demo.plan import FOLLOW_UP, SEED, Candidate, Outcome, vhiss_at
from trialsite.demo.stage import Stage
from trialsite.lib import clock
from trialsite.records.models import CaseReportForm
from visits.evidence import gather_evidence, gather_readiness, get_eligibility
from visits.visit import Visit

Moments = Iterator[datetime]
SHARE_LATER = 0.4  # of the procedures that wait for the second day of the week on which there are any
DELAYS_MIN = (-60, -40, -20, 0, 0, 20, 40, 60)  # of a procedure against ten past nine
_LATE_DAYS = 41  # a first month that is over


class Course:
    """`n` tells the candidates of one build apart, and gives each their own, always the same, chance."""

    def __init__(self, candidate: Candidate, n: int, stage: Stage) -> None:
        self.candidate, self.n, self.stage, self.person = candidate, n, stage, candidate.person
        self.rng = Random(f"{SEED}/{n}")  # noqa: S311  # a synthetic trial wants the same patients every time
        # A chance of its own: how the room is run on a day changes nothing of what becomes of the patient.
        self.room = Random(f"{SEED}/{n}/room")  # noqa: S311
        self.body = make_body(self.rng, candidate.person)
        self.signs = doppler.TOO_LITTLE if candidate.fails else doppler.order_signs(self.rng)
        self.outcome: Outcome | None = candidate.outcome
        self.sessions = self.relapses = self.checked_relapses = 0
        self.has_pacemaker = False
        self.last_scan: CaseReportForm | None = None

    # -- time

    def _from(self, on: date, days: int = 0) -> date:
        return working_day_from(on + timedelta(days=days), self.stage.country)

    def _at(self, on: date, hour: int) -> datetime:
        return self.stage.at(on, hour, self.rng.randint(0, 40))

    def _stops(self, *stages: str) -> bool:
        return self.candidate.stops_after in stages

    def live(self) -> Moments:
        """Everything from registration to the end of participation, or to where the plan stops."""
        yield from self._consent()
        if self._stops("consent"):
            return
        yield from self._tell_history()
        yield from self._screen()
        if self._stops("screening"):
            return
        if self.candidate.fails:
            yield from self._fail()
            return
        yield from self._prepare()
        if self._stops("ready"):
            return
        yield from self._enter()
        if self._stops("entered"):
            return
        yield from self._treat()
        if self.outcome is not None and self.outcome.is_treated:
            yield from self._follow_up(self.outcome)
            if self.desk.patient.status == PatientStatus.COMPLETED:
                yield from close_casebook(self.desk, self.stage, self.n)

    # -- before treatment

    def _consent(self) -> Moments:
        on, coordinator = self.candidate.consented_on, self.stage.coordinator
        signed_at = self.stage.at(on, 9, 40)
        yield self.stage.at(on, 9, 15)
        patient, _ = register_patient(
            site_code=self.stage.site.code,
            phase_number=self.candidate.phase_number,
            patient_id=uuid.uuid4(),
            protocol=self.stage.protocol,
            actor=actor_of(coordinator),
        )
        self.desk = Desk(patient, self.stage.protocol)
        yield self.stage.at(on, 10, 5)
        versions = [item.version for item in self.stage.protocol.consent_versions if item.is_valid_on(on)]
        self.desk.fill("consent", history.write_consent(signed_at, versions[-1]), by=coordinator)

    def _tell_history(self) -> Moments:
        on, coordinator = self.candidate.consented_on, self.stage.coordinator
        yield self._at(on, 10)
        self.desk.fill("demographics", history.write_demographics(self.person), by=coordinator)
        relapses = self.rng.choice((0, 1, 1, 2))
        self.desk.fill("ms_history", history.write_ms_history(self.person, on, relapses), by=coordinator)
        self.desk.fill("concomitant_medication", logs.write_therapy(self.person), by=coordinator)
        if self.person.has_syncope:
            self.desk.fill("medical_history", history.write_syncope(on), by=coordinator)

    def _screen(self) -> Moments:
        on = self.candidate.consented_on
        yield self._at(on, 11)
        visit = self._attend("screening", on)
        self._fill_vital_signs(visit, has_size=True)
        if self._stops("screening"):
            started = {"creatinine": str(self.body.creatinine_mg_dl), "creatinine_unit": "mg_dl"}
            self.desk.fill("laboratory", started, by=self.stage.coordinator, visit=visit, is_draft=True)
            return
        self._fill_laboratory(visit)
        yield self._at(on, 13)
        self._fill_edss(visit, self.person.edss)
        self._fill_relapse_check(visit)
        yield self._at(self._from(on, 2), 15)
        self._fill_doppler(visit, self.candidate.vhiss)

    def _fail(self) -> Moments:
        on = self._from(self.candidate.consented_on, 4)
        yield self._at(on, 10)
        record_screening_failure(
            self.desk.patient,
            reasons=("I5",),
            details="Too few positive venous criteria on Doppler.",
            on=on,
            protocol=self.stage.protocol,
            actor=actor_of(self.stage.investigator),
        )
        self.desk.reload()
        self._dispose("screen_failure", on, "Doppler criteria not met.")

    def _prepare(self) -> Moments:
        """Baseline, answers to eligibility, and the signature under it."""
        on = self.baseline_on = self.candidate.baseline_on or self._from(self.candidate.consented_on, 20)
        yield self._at(on, 9)
        visit = self._attend("baseline", on)
        self._fill_vital_signs(visit)
        if self.person.can_become_pregnant:
            self._fill_laboratory(visit)
        yield self._at(on, 11)
        self._fill_edss(visit, self.person.edss)
        self._fill_relapse_check(visit)
        yield from self._test(visit)
        yield self._at(on, 16)
        scanned_at = self.stage.at(on, 13, 30)
        self.last_scan = self._fill("mri", imaging.write_scan(self.body, scanned_at, None), visit)
        yield from self._sign(self._from(on, 1))

    def _test(self, visit: Visit) -> Moments:
        """Cognition, then the questionnaires."""
        on = visit.visited_on
        yield self._at(on, 14)
        self._fill("cognition", examinations.write_cognition(self.body, self.sessions), visit)
        self.sessions += 1
        times = self.stage.at(on, 12, 0), self.stage.at(on, 12, 35)
        self._fill("quality_of_life", examinations.write_quality_of_life(self.body, *times), visit)

    def _sign(self, on: date) -> Moments:
        yield self._at(on, 10)
        questions = self.stage.protocol.criteria_of_phase(self.candidate.phase_number)
        asked = {question.code: question.kind for question in questions if question.rule == "answered"}
        self.desk.fill("eligibility", history.write_eligibility(self.person, on, asked), by=self.stage.coordinator)
        yield self._at(on, 14)
        _, standing = get_eligibility(self.desk.patient, self.stage.protocol)
        sign_eligibility(
            self.desk.patient,
            partial(gather_evidence, protocol=self.stage.protocol),
            shown_digest=standing.digest,
            on=on,
            protocol=self.stage.protocol,
            actor=actor_of(self.stage.investigator),
        )
        self.desk.reload()

    # -- treatment

    def _enter(self) -> Moments:
        yield self._at(self._from(self.baseline_on, 1), 16)
        patient = self.desk.patient
        enter = draw_allocation if self._is_randomized else enroll_open_label
        enter(patient, partial(gather_readiness, protocol=self.stage.protocol), actor_of(self.stage.coordinator))
        self.desk.reload()

    @property
    def _is_randomized(self) -> bool:
        return self.stage.protocol.phase(self.candidate.phase_number).is_randomized

    def _treat(self) -> Moments:
        """The operator learns the arm in the morning, and with it the course learns what is going to happen."""
        earliest_on = self.baseline_on + timedelta(days=4)
        on = self.procedure_on = self.candidate.procedure_on or self._choose_day(earliest_on)
        yield self._at(on, 7)
        arm = self.stage.protocol.phase(self.candidate.phase_number).arms[0]
        if self._is_randomized:
            arm = reveal_to_operator(self.desk.patient, self.stage.protocol, user=self.stage.operator)
            self.outcome = self.stage.take_outcome(arm)
        if self.outcome is None:
            raise RuntimeError("the plan has no outcome for a patient of the open phase")
        yield from self._operate(on, arm, self.outcome) if self.outcome.is_treated else self._stay_away(on)

    def _choose_day(self, earliest_on: date) -> date:
        """The first day on which procedures are done, or at times the one after it."""
        first = procedure_day_from(earliest_on, self.stage.country)
        next_on = first + timedelta(days=1)
        is_later = self.room.random() < SHARE_LATER and procedure_day_from(next_on, self.stage.country) == next_on
        return next_on if is_later else first

    def _stay_away(self, on: date) -> Moments:
        yield self._at(on, 9)
        self.desk.miss("procedure", "The patient decided against the procedure.", by=self.stage.coordinator)
        self.stage.on_visit()
        yield self._at(self._from(on, 1), 11)
        withdraw_patient(
            self.desk.patient,
            scope="follow_up",
            on=clock.today(self.stage.site.time_zone),
            reason="Decided against the procedure and the visits after it.",
            protocol=self.stage.protocol,
            actor=actor_of(self.stage.investigator),
        )
        self.desk.reload()
        self._dispose("randomized_not_treated", on, "Decided against the procedure.")

    def _operate(self, on: date, arm: str, outcome: Outcome) -> Moments:
        yield self._at(on, 8)
        visit = self.desk.attend("procedure", on, by=self.stage.operator)
        self.stage.on_visit()
        self._fill_vital_signs(visit)
        self._fill_laboratory(visit)
        yield self._at(on, 12)
        is_sham = self.stage.protocol.arm(arm).is_sham
        sheet = procedure.write_intervention(self.rng, is_sham=is_sham) | procedure.name_person(self.room)
        self.desk.fill("intervention", sheet, by=self.stage.operator, visit=visit)
        yield from self._suffer(visit) if outcome.has_pacemaker else self._discharge(visit, self.stage.at(on, 18))
        if outcome.complaint:
            yield from self._complain(outcome.complaint)

    def _discharge(self, visit: Visit, discharged_at: datetime) -> Moments:
        """The form of the procedure is complete when the patient has gone home; the first visit after it is the next morning."""
        next_on = self.procedure_on + timedelta(days=1)
        yield self._at(next_on, 8)
        self._fill_procedure(visit, discharged_at)
        yield from self._see_next_day(next_on)

    def _fill_procedure(self, visit: Visit, discharged_at: datetime) -> None:
        on = self.procedure_on
        delay = timedelta(minutes=self.room.choice(DELAYS_MIN))
        times = self.stage.at(on, 9, 10) + delay, self.stage.at(on, 10, self.rng.randint(5, 50)) + delay, discharged_at
        self._fill("procedure", procedure.write_procedure(*times, self.rng) | procedure.vary(self.room), visit)

    def _see_next_day(self, on: date, heart_rate_bpm: int | None = None) -> Moments:
        yield self._at(on, 10)
        visit = self._attend("hour_24", on)
        if self._stops("drafts"):
            for key, sheet in (("vital_signs", {"heart_rate_bpm": "44"}), ("laboratory", {"inr": "1.02"})):
                self.desk.fill(key, sheet, by=self.stage.coordinator, visit=visit, is_draft=True)
            return
        self._fill_vital_signs(visit, heart_rate_bpm)
        if self._is_randomized:
            self._fill("blinding_guess", examinations.write_guess(self.body), visit)

    def _suffer(self, visit: Visit) -> Moments:
        """A slow heart in the evening, a pacemaker the day after, home on the day after that."""
        on, investigator = self.procedure_on, self.stage.investigator
        onset_at, next_on, home_on = self.stage.at(on, 20, 40), on + timedelta(days=1), on + timedelta(days=2)
        yield self.stage.at(next_on, 8, 5)
        event = self.desk.fill("adverse_event", logs.write_bradycardia(onset_at), by=investigator, is_draft=True)
        yield from self._see_next_day(next_on, heart_rate_bpm=41)
        yield self._at(home_on, 17)
        told = logs.write_pacemaker(onset_at, next_on, home_on)
        self.desk.fill("adverse_event", told, by=investigator, record=event)
        self._fill_procedure(visit, self.stage.at(home_on, 16))
        self.has_pacemaker = True

    def _complain(self, complaint: str) -> Moments:
        _, after_days, lasted_days, _, _ = logs.COMPLAINTS[complaint]
        yield self._at(self._from(self.procedure_on, after_days + lasted_days + 1), 11)
        aware_at = clock.now().astimezone(self._at(self.procedure_on, 0).tzinfo) - timedelta(minutes=20)
        sheet = logs.write_complaint(complaint, self.procedure_on, aware_at)
        self.desk.fill("adverse_event", sheet, by=self.stage.investigator)

    # -- afterwards

    def _follow_up(self, outcome: Outcome) -> Moments:
        """Planned visits and relapses, in the order in which they come."""
        if self._stops("hour_24", "drafts"):
            return
        planned = [(self._planned_on(key), key) for key in FOLLOW_UP]
        relapses = [(self.procedure_on + timedelta(days=day), "relapse") for day in outcome.relapse_days]
        breaks = [(self._from(self.procedure_on, EMERGENCY_DAY), "emergency")] if self.candidate.has_code_broken else []
        for on, what in sorted([*planned, *relapses, *breaks]):
            yield from self._live_through(what, on, outcome)
            if self._stops(what):
                return

    def _live_through(self, what: str, on: date, outcome: Outcome) -> Moments:
        if what == "emergency":
            return break_code(self.desk, self.stage, on)
        return self._relapse(on) if what == "relapse" else self._come(what, on, outcome)

    def _planned_on(self, key: str) -> date:
        days = self.stage.protocol.visit(key).day or 0
        if self._stops(key):
            days = _LATE_DAYS
        return self._from(self.procedure_on, days + self.rng.randint(-2, 3))

    def _come(self, key: str, on: date, outcome: Outcome) -> Moments:
        if key in outcome.missed:
            yield self._at(self._from(on, 14), 10)
            self.desk.miss(key, "The patient was abroad.", by=self.stage.coordinator)
            self.stage.on_visit()
            return
        yield self._at(on, 10)
        visit = self._attend(key, on)
        self._fill_vital_signs(visit)
        if self.person.can_become_pregnant:
            self._fill_laboratory(visit)
        yield self._at(on, 12)
        self._fill_edss(visit, self._wander(key))
        self._fill_relapse_check(visit)
        yield from self._finish(visit) if key == FOLLOW_UP[-1] else ()
        yield from self._image(visit, FOLLOW_UP.index(key), outcome)
        if key == FOLLOW_UP[-1]:
            self._dispose("completed", on)

    def _wander(self, key: str) -> Decimal:
        """The step at a visit: mostly what it was, now and then half a step off."""
        shift = self.rng.choice((0, 0, 0, 0, 1, -1)) if key == FOLLOW_UP[-1] else 0
        return self.person.edss + Decimal(shift) / 2

    def _finish(self, visit: Visit) -> Moments:
        """What belongs to the last visit only."""
        yield from self._test(visit)
        if self._is_randomized:
            self._fill("blinding_guess", examinations.write_guess(self.body), visit)

    def _image(self, visit: Visit, index: int, outcome: Outcome) -> Moments:
        """Doppler and MRI are read two days later."""
        on, read_on = visit.visited_on, self._from(visit.visited_on, 2)
        yield self._at(read_on, 10)
        percent = outcome.vhiss_pct[index]
        if percent is not None:
            self._fill_doppler(visit, vhiss_at(self.candidate.vhiss, percent))
        if self.has_pacemaker or self.last_scan is None:
            self._fill("mri", imaging.write_no_scan(), visit)
            return
        follow_up = imaging.FollowUpScan(
            reference_id=str(self.last_scan.pk),
            new_ce=outcome.new_ce[index],
            new_t2=outcome.new_t2[index],
            days_since_baseline=(on - self.baseline_on).days,
            read_on=read_on,
        )
        sheet = imaging.write_scan(self.body, self.stage.at(on, 13, 30), follow_up)
        self.last_scan = self._fill("mri", sheet, visit)

    def _relapse(self, onset_on: date) -> Moments:
        """The patient calls, is examined within days, treated, and the log is completed when the treatment is over."""
        on, coordinator = self._from(onset_on, 3), self.stage.coordinator
        yield self._at(on, 9)
        self.relapses += 1
        visit = self.desk.attend_unscheduled(on, "Suspected relapse.", by=coordinator)
        self._fill_vital_signs(visit)
        yield self._at(on, 11)
        exam = self._fill_edss(visit, self.person.edss + Decimal("0.5"), is_relapse=True)
        draft = logs.write_relapse(onset_on, str(exam.pk))
        entry = self.desk.fill("relapse", draft, by=self.stage.investigator, is_draft=True)
        self._fill_relapse_check(visit)
        yield self._at(self._from(on, 7), 10)
        self.desk.fill("concomitant_medication", logs.write_steroids(onset_on, on), by=coordinator)
        treated = logs.write_treated_relapse(onset_on, str(exam.pk), on)
        self.desk.fill("relapse", treated, by=self.stage.investigator, record=entry)

    # -- single forms

    def _attend(self, key: str, on: date) -> Visit:
        visit = self.desk.attend(key, on, by=self.stage.coordinator)
        self.stage.on_visit()
        return visit

    def _fill(self, key: str, sheet: Sheet, visit: Visit) -> CaseReportForm:
        """By the assessor, where the form has raters of its own."""
        is_rated = key in ("doppler", "mri", "edss", "cognition", "quality_of_life")
        by = self.stage.assessor if is_rated else self.stage.coordinator
        return self.desk.fill(key, sheet, by=by, visit=visit)

    def _fill_vital_signs(self, visit: Visit, heart_rate_bpm: int | None = None, *, has_size: bool = False) -> None:
        sheet = examinations.write_vital_signs(self.body, heart_rate_bpm=heart_rate_bpm, has_size=has_size)
        self._fill("vital_signs", sheet, visit)

    def _fill_laboratory(self, visit: Visit) -> None:
        self._fill("laboratory", examinations.write_laboratory(self.body, visit.visited_on), visit)

    def _fill_edss(self, visit: Visit, step: Decimal, *, is_relapse: bool = False) -> CaseReportForm:
        return self._fill("edss", examinations.write_edss(step, is_relapse=is_relapse), visit)

    def _fill_relapse_check(self, visit: Visit) -> None:
        new = self.relapses - self.checked_relapses
        self.checked_relapses = self.relapses
        self._fill("relapse_check", examinations.write_relapse_check(new, self.relapses), visit)

    def _fill_doppler(self, visit: Visit, total: int) -> None:
        self._fill("doppler", doppler.write_doppler(self.signs[:total], self.rng), visit)

    def _dispose(self, status: str, on: date, reason: str = "") -> None:
        self.desk.fill("disposition", logs.write_disposition(status, on, reason), by=self.stage.investigator)
        self.desk.reload()
