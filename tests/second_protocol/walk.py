"""One patient's way through a trial, page by page, as the people of one site and the central roles click it.

Everything that is sent goes through the addresses of the site, and what is on paper comes from the demo's writers. The
walk reads visits, windows, forms and phases from the protocol; it knows no visit by name.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.test import Client
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import PASSWORD, SignIn, make_user
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.demo.days import procedure_day_from
from trialsite.demo.paper import doppler, examinations, history, imaging, logs, procedure
from trialsite.demo.paper.body import Sheet, make_body
from trialsite.demo.plan import Person
from trialsite.lib.clock import held_at
from trialsite.protocol.model import PlannedVisit, Protocol
from visits.crfs.registry import CRFS
from visits.models import Mri
from visits.visit import Visit

AT_SITE = (Role.COORDINATOR, Role.INVESTIGATOR, Role.ASSESSOR, Role.OPERATOR, Role.MONITOR)
CENTRAL = (Role.DATA_MANAGER, Role.STATISTICIAN, Role.ADMIN)
# Three signs that score three points whatever the scheme.
SIGNS = (("reflux", "R_IJV"), ("defect", "L_IJV"), ("absent", "L_VV"))
HER = Person(
    sex="F",
    born=date(1975, 5, 17),
    education_years=13,
    handedness="R",
    height_cm=168,
    weight_kg=Decimal("61.5"),
    can_become_pregnant=True,
    ms_course="RR",
    onset_year=2003,
    diagnosis_year=2004,
    edss=Decimal("2.5"),
    therapy="glatiramer",
)
OPERATORS_NOTE = "For the procedure team only"
ANSWER = "Checked against the source document."


def open_site(code: str) -> dict[Role, User]:
    """One person per role that belongs to a site."""
    return {role: make_user(f"{role}_{code.lower()}", role, site=code) for role in AT_SITE}


def open_center() -> dict[Role, User]:
    return {role: make_user(str(role), role) for role in CENTRAL}


class Walk:
    """The way of one patient at one site."""

    def __init__(self, protocol: Protocol, people: Mapping[Role, User], site_code: str, sign_in: SignIn) -> None:
        self.protocol, self.people, self.sign_in = protocol, people, sign_in
        self.site = protocol.site(site_code)
        self.phase = next(phase for phase in protocol.phases if phase.is_randomized)
        self.rng = Random(site_code)
        self.body = make_body(self.rng, HER)
        self.sessions = 0
        self.sent: dict[str, tuple[Role, Sheet]] = {}  # address -> what was typed there last, and by whom
        self.arm = ""

    # -- time and people

    def at(self, on: date, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(on, time(hour, minute), ZoneInfo(self.site.time_zone))

    def browser(self, role: Role) -> Client:
        return self.sign_in(self.people[role])

    @property
    def patient(self) -> Patient:
        return Patient.objects.get(pk=self.patient_id)

    def planned(self, kind: str) -> PlannedVisit:
        return next(visit for visit in self.protocol.visits_of_phase(self.phase.number) if visit.kind == kind)

    @property
    def follow_ups(self) -> list[PlannedVisit]:
        return [visit for visit in self.protocol.visits_of_phase(self.phase.number) if visit.kind == "follow_up"]

    # -- the way

    def live(self, consented_on: date) -> None:
        """From registration to the end of participation."""
        self.enter(consented_on)
        self.treat()
        for planned in self.follow_ups[:-1]:
            self.follow_up(planned)
        self.check_up_between()
        self.follow_up(self.follow_ups[-1])

    def enter(self, consented_on: date) -> None:
        """Up to the draw."""
        self.consent(consented_on)
        self.screen(consented_on + timedelta(days=2))
        self.prepare(consented_on + timedelta(days=14))
        self.sign(consented_on + timedelta(days=15))
        self.draw(consented_on + timedelta(days=16))

    def consent(self, on: date) -> None:
        with held_at(self.at(on, 10)):
            page = self.browser(Role.COORDINATOR)
            token = page.get("/patients/register/").context["form"].initial["token"]
            sent = page.post(
                "/patients/register/", {"site": self.site.code, "phase": str(self.phase.number), "token": token}
            )
            self.patient_id = UUID(sent["Location"].strip("/").split("/")[-1])
            version = next(item.version for item in self.protocol.consent_versions if item.is_valid_on(on))
            self.fill("consent", history.write_consent(self.at(on, 9, 40), version))
            self.fill("demographics", history.write_demographics(HER))
            self.fill("ms_history", history.write_ms_history(HER, on, 1))
            self.fill("concomitant_medication", logs.write_therapy(HER))

    def screen(self, on: date) -> None:
        with held_at(self.at(on, 15)):
            self.fill_visit(self.attend(self.planned("screening"), on))

    def prepare(self, on: date) -> None:
        self.baseline_on = on
        with held_at(self.at(on, 17)):
            self.fill_visit(self.attend(self.planned("baseline"), on))

    def sign(self, on: date) -> None:
        """The answers, and the investigator's signature under the evidence."""
        with held_at(self.at(on, 10)):
            asked = {item.code: item.kind for item in self.protocol.criteria if item.rule == "answered"}
            self.fill("eligibility", history.write_eligibility(HER, on, asked))
            url, page = reverse("eligibility", args=(self.patient_id,)), self.browser(Role.INVESTIGATOR)
            shown = page.get(url).context["form"].initial["shown"]
            answer = page.post(url, {"shown": shown, "password": PASSWORD})
            assert answer.status_code == 302, _said(answer)

    def draw(self, on: date) -> None:
        self.drawn_on = on
        with held_at(self.at(on, 11)):
            answer = self.browser(Role.COORDINATOR).post(reverse("draw", args=(self.patient_id,)))
            assert answer.status_code == 302, _said(answer)

    def treat(self) -> None:
        """The operator learns the arm, works, and writes down what was done; the rest follows when the patient goes home."""
        on = self.procedure_on = procedure_day_from(
            self.drawn_on + timedelta(days=4), self.protocol.safety.holiday_country
        )
        with held_at(self.at(on, 8)):
            page = self.browser(Role.OPERATOR)
            assert page.post(reverse("start_procedure", args=(self.patient_id,))).status_code == 302
            told = page.post(reverse("worklist_arm", args=(self.patient_id,)), {"password": PASSWORD})
            self.arm = told.context["arm"].key
        visit = Visit.objects.get(patient=self.patient_id, planned_key=self.planned("procedure").key)
        with held_at(self.at(on, 19)):
            self.fill_visit(visit)

    def follow_up(self, planned: PlannedVisit, days_late: int = 0) -> None:
        on = self.procedure_on + timedelta(days=(planned.day or 0) + days_late)
        with held_at(self.at(on, 17)):
            self.fill_visit(self.attend(planned, on))

    def check_up_between(self) -> None:
        """An unscheduled visit between the last two planned ones."""
        on = self.procedure_on + timedelta(days=(self.follow_ups[-1].day or 0) - 40)
        with held_at(self.at(on, 12)):
            url = reverse("unscheduled_visit", args=(self.patient_id,))
            values = {"visited_on": on.isoformat(), "unscheduled_reason": "A cold."}
            page = self.browser(Role.COORDINATOR)
            answer = page.post(page.get(url)["Location"], values)
            assert answer.status_code == 302, _said(answer)

    # -- visits and forms

    def attend(self, planned: PlannedVisit, on: date) -> Visit:
        url = reverse("planned_visit", args=(self.patient_id, planned.key))
        answer = self.browser(Role.COORDINATOR).post(url, {"status": "attended", "visited_on": on.isoformat()})
        assert answer.status_code == 302, _said(answer)
        return Visit.objects.get(patient=self.patient_id, planned_key=planned.key)

    def fill_visit(self, visit: Visit) -> None:
        """Every form that the protocol wants at this visit, in its order."""
        due = self.protocol.visit(visit.planned_key).forms_due({"randomized", "childbearing"})
        for key in (form.form for form in due):
            definition = CRFS[key]
            if definition.kind != "visit":
                self.fill(key, self.write(key, visit))
                continue
            name = "restricted_form" if definition.is_restricted else "visit_form"
            sheet = {"assessed_on": str(visit.visited_on), **self.write(key, visit)}
            self.send(reverse(name, args=(visit.pk, key)), sheet, self.role_for(key))

    def role_for(self, key: str) -> Role:
        if CRFS[key].is_restricted:
            return Role.OPERATOR
        return Role.ASSESSOR if CRFS[key].instrument else Role.COORDINATOR

    def fill(self, key: str, sheet: Sheet) -> None:
        """A form of the patient as a whole: one that exists once opens at once, a log has a link to a new entry."""
        opened = self.browser(Role.COORDINATOR).get(reverse("patient_log", args=(self.patient_id, key)))
        url = opened["Location"] if opened.status_code == 302 else opened.context["new_url"]
        self.send(url, sheet, Role.COORDINATOR)

    def send(self, url: str, sheet: Sheet, role: Role) -> None:
        """Open the form, type the sheet, complete it; answer what the page then asks."""
        page = self.browser(role)
        form = page.get(url).context["form"]
        typed = {**sheet, "intent": "complete", "base_revision": str(form.base_revision)}
        answer = page.post(url, typed)
        if answer.status_code == 200:
            asked = answer.context["form"]
            typed |= {f"confirm-{finding.key}": ANSWER for finding in asked.unanswered}
            answer = page.post(url, {**typed, "base_revision": str(asked.base_revision)})
        assert answer.status_code == 302, f"{url}: {_said(answer)}"
        self.sent[url] = (role, typed)

    # -- paper

    def write(self, key: str, visit: Visit) -> Sheet:
        writers: dict[str, Callable[[Visit], Sheet]] = {
            "vital_signs": lambda visit: examinations.write_vital_signs(self.body, has_size=True),
            "laboratory": lambda visit: examinations.write_laboratory(self.body, _day(visit)),
            "doppler": lambda visit: doppler.write_doppler(SIGNS, self.rng),
            "mri": self.write_mri,
            "edss": lambda visit: examinations.write_edss(HER.edss),
            "relapse_check": lambda visit: examinations.write_relapse_check(0, 0),
            "cognition": self.write_cognition,
            "quality_of_life": self.write_quality_of_life,
            "procedure": self.write_procedure,
            "intervention": self.write_intervention,
            "blinding_guess": lambda visit: examinations.write_guess(self.body),
            "disposition": lambda visit: logs.write_disposition("completed", _day(visit)),
        }
        return writers[key](visit)

    def write_cognition(self, visit: Visit) -> Sheet:
        self.sessions += 1
        return examinations.write_cognition(self.body, self.sessions)

    def write_quality_of_life(self, visit: Visit) -> Sheet:
        on = _day(visit)
        return examinations.write_quality_of_life(self.body, self.at(on, 12), self.at(on, 12, 35))

    def write_procedure(self, visit: Visit) -> Sheet:
        on = _day(visit)
        return procedure.write_procedure(self.at(on, 9, 10), self.at(on, 10, 20), self.at(on, 18), self.rng)

    def write_intervention(self, visit: Visit) -> Sheet:
        # With chance of its own: what is written elsewhere does not depend on the arm.
        chance = Random(f"{self.site.code} table")
        sheet = procedure.write_intervention(chance, is_sham=self.protocol.arm(self.arm).is_sham)
        return {**sheet, "notes": f"{OPERATORS_NOTE}: {self.arm}."}

    def write_mri(self, visit: Visit) -> Sheet:
        on, last = _day(visit), Mri.objects.filter(patient=self.patient_id).order_by("-scanned_at").first()
        if last is None:
            return imaging.write_scan(self.body, self.at(on, 13), None)
        scan = imaging.FollowUpScan(
            reference_id=str(last.pk),
            new_ce=1,
            new_t2=1,
            days_since_baseline=(on - self.baseline_on).days,
            read_on=on,
        )
        return imaging.write_scan(self.body, self.at(on, 13), scan)


def _day(visit: Visit) -> date:
    on: date | None = visit.visited_on
    if on is None:
        raise ValueError("the visit was missed")
    return on


def _said(answer: Any) -> str:
    """What a refused page says, for the message of a failing test."""
    form = answer.context["form"] if answer.context and "form" in answer.context else None
    errors = dict(form.errors) if form is not None else {}
    missing = getattr(form, "missing", [])
    refusals = answer.context.get("refusals", ()) if answer.context else ()
    return f"{answer.status_code} {errors} missing {missing} {[finding.message for finding in refusals]}"
