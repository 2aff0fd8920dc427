"""Several people at once, each in a browser of their own: what those do who know arms shows in no byte that blinded people receive."""

import re
from collections.abc import Mapping
from functools import partial

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from tests.blinding.plants import arm_by_patient
from tests.cast import PASSWORD, make_user
from tests.journeys import papers
from tests.journeys.conftest import MoveTo, SitDown
from tests.journeys.desk import Desk
from tests.records.conftest import give_consent
from tests.vault.conftest import make_patient, make_sealed_list, ready
from tests.vault.test_code_break import SAID
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from visits.visit import Visit

Taken = Mapping[str, tuple[int, str, str]]  # address -> status, headers, body
# Every page that links lead to, one of each kind.
TAKE = """async start => {
  const taken = {}, kinds = new Set(), waiting = start.slice();
  while (waiting.length) {
    const address = waiting.shift();
    const kind = address.split("?")[0].replace(/(reports|history).*|[0-9a-f]{8}-[0-9a-f-]{27}/, "$1*");
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    const answer = await fetch(address), text = await answer.text();
    const headers = [...answer.headers].filter(([name]) => name !== "date").map(one => one.join(": ")).join("\\n");
    taken[address] = [answer.status, headers, text];
    for (const link of new DOMParser().parseFromString(text, "text/html").querySelectorAll("a[href^='/']")) {
      const found = link.getAttribute("href").split("#")[0];
      if (!/^.(sign-out|static|files)/.test(found)) waiting.push(found);
    }
  }
  return taken;
}"""
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"|name="token" value="[^"]+"')
ROW = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"


def take(desk: Desk, *start: str) -> Taken:
    """What this browser receives, from these addresses on, without what is drawn anew for each answer: tokens, and ids of entries to come."""
    found = desk.page.evaluate(TAKE, list(start))
    clean = partial(re.compile(f"{TOKEN.pattern}|{ROW}").sub, "")
    return {address: (status, headers, clean(body)) for address, (status, headers, body) in found.items()}


def differing(one: Taken, other: Taken) -> list[str]:
    return [address for address in {**one, **other} if one.get(address) != other.get(address)]


def test_nothing_that_is_done_with_knowledge_of_arms_shows_beside_it(
    sit_down: SitDown, move_to: MoveTo, coordinator: User, operator: User, investigator: User, statistician: User
) -> None:
    """Two coordinators look at two patients, one of each arm, while operator, investigator and statistician work."""
    move_to("2026-03-02T16:00")
    treated, simulated = draw_one_of_each()
    coordinators = sit_down(coordinator), sit_down(make_user("coordinat_2", Role.COORDINATOR))
    knowing = sit_down(operator)
    for patient in (treated, simulated):
        start_procedure(knowing, patient)
    before = [take(desk, "/", "/patients/") for desk in coordinators]
    assert len(before[0]) > 25
    assert any("/visits/" in address for address in before[0])

    describe(knowing, treated)
    break_code(sit_down(investigator), treated)
    knowing = sit_down(statistician)
    knowing.go("/reports/safety/")
    knowing.sees("Sham procedure")
    after = [take(desk, *known) for desk, known in zip(coordinators, before, strict=True)]
    for one, other in zip(before, after, strict=True):
        assert one.keys() <= other.keys()
        assert differing(one, {address: other[address] for address in one}) == []

    # The one account against the other: nothing but whose it is, by names of one length.
    people = User.objects.filter(username__in=[desk.username for desk in coordinators])
    names = sorted((name for user in people for name in (user.full_name, user.username)), key=len, reverse=True)
    mine, theirs = (without(taken, *names) for taken in after)
    assert differing(mine, theirs) == []
    # The one patient against the other: nothing but which it is.
    pages = [of_patient(coordinators[0], one) for one in (treated, simulated)]
    assert len(pages[0]) > 10
    assert differing(*pages) == []


def of_patient(desk: Desk, patient: Patient) -> Taken:
    """The pages of a patient and of the visits, without which patient it is."""
    taken = take(desk, f"/patients/{patient.pk}/")
    ids = [str(key) for key in (patient.pk, *Visit.objects.filter(patient=patient).values_list("pk", flat=True))]
    own = {address: page for address, page in taken.items() if any(key in address for key in ids)}
    return without(own, patient.number, str(patient.randomization_code))


def without(taken: Taken, *own: str) -> Taken:
    """The same, where neither these words nor ids of rows are told."""
    clean = partial(re.compile("|".join([ROW, *map(re.escape, own)])).sub, "")
    return {clean(address): (status, clean(headers), clean(body)) for address, (status, headers, body) in taken.items()}


def draw_one_of_each() -> tuple[Patient, Patient]:
    """The first who was drawn to be treated, and the first who was not."""
    make_sealed_list(8)
    screened = [make_patient(n) for n in range(1, 5)]
    for patient in screened:
        give_consent(patient)
    drawn = [draw_allocation(patient, ready, SYSTEM) for patient in screened]
    arms = arm_by_patient()
    treated, simulated = (next(one for one in drawn if arms[one.pk] == arm) for arm in ("angioplasty", "sham"))
    return treated, simulated


def start_procedure(desk: Desk, patient: Patient) -> None:
    """The procedure takes place, and what everybody may read of it is entered."""
    desk.go("/worklist/")
    line = desk.page.get_by_role("row").filter(has_text=patient.number)
    desk.leave_by(line.get_by_role("button", name="Takes place today"))
    desk.hears("its forms are open now")
    desk.leave_by(desk.page.get_by_role("row").filter(has_text=patient.number).get_by_role("link", name="Procedure"))
    day = {"started_at": "2026-03-02T07:00", "ended_at": "2026-03-02T08:10", "discharged_at": "2026-03-02T08:30"}
    desk.complete({**papers.PROCEDURE, **day})


def describe(desk: Desk, patient: Patient) -> None:
    """The operator looks at the arm, and enters what only operators enter."""
    desk.go("/worklist/")
    desk.follow(f"Open the treatment of {patient.number}")
    desk.enter({"password": PASSWORD})
    desk.press("Show the treatment")
    desk.sees("Venous angioplasty")
    desk.go("/worklist/")
    desk.leave_by(desk.page.get_by_role("row").filter(has_text=patient.number).get_by_role("link", name="Intervention"))
    desk.complete({**papers.INTERVENTION, **papers.INFLATED})


def break_code(desk: Desk, patient: Patient) -> None:
    desk.go(f"/code-break/{patient.pk}/")
    desk.enter({name: value for name, value in SAID.items() if name != "occasion"})
    desk.leave_by(desk.page.locator("main form button[type=submit]").last)
    desk.sees("Venous angioplasty")
