"""Who entered, signed or was shown a later Doppler examination and rates the same patient is told so, never stopped, and listed."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from enrollment.models import Patient
from tests.cast import SignIn, make_user
from tests.records.conftest import give_consent, make_visit
from tests.vault.conftest import make_patient
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import correct_record, create_record
from trialsite.records.models import CaseReportForm
from trialsite.signatures.actions import Part, sign_scope
from visits.models import Doppler, Edss, VitalSigns
from visits.outflow import list_informed_raters
from visits.visit import Visit

pytestmark = pytest.mark.django_db
TREATED = date(2026, 1, 5)
NOTE = 'id="knows-outflow"'
EDSS = "Neurological examination (EDSS)"


@pytest.fixture
def later(db: None) -> Visit:
    patient = make_patient(1)
    give_consent(patient)
    correct_record(patient, {"procedure_on": TREATED}, actor=SYSTEM, base_revision=1, reason="Treated")
    return make_visit(patient, "month_1", TREATED + timedelta(30))


def examine(visit: Visit, user: User) -> Doppler:
    made = Doppler(patient=visit.patient, visit=visit, assessed_on=visit.visited_on)
    return create_record(made, actor=actor_of(user))


def rate(visit: Visit, user: User, model: type[CaseReportForm] = Edss) -> CaseReportForm:
    made: Any = model
    stored: CaseReportForm = create_record(
        made(patient=visit.patient, visit=visit, assessed_on=visit.visited_on), actor=actor_of(user)
    )
    return stored


def sign_visit(examined: Doppler, user: User) -> None:
    """As signing the visit does: the examination is a part of what is signed."""
    part = Part(record_kind="visits.doppler", record_id=examined.pk, revision=examined.revision, digest="d")
    subject = examined.visit.subject()
    sign_scope(subject, scope="visit", label="Visit", parts=[part], digest="d", meaning="Seen", actor=actor_of(user))


def listed(user: User) -> list[tuple[str, str, tuple[tuple[str, int], ...]]]:
    found = list_informed_raters(user, get_protocol())
    return [(one.patient.number, one.username, one.forms) for one in found]


def test_who_knows_the_outflow_is_told_and_listed_and_goes_on(
    later: Visit, cast: dict[Role, User], sign_in: SignIn
) -> None:
    coordinator, monitor = cast[Role.COORDINATOR], cast[Role.MONITOR]
    before = make_visit(later.patient, "baseline", TREATED - timedelta(3))
    examine(before, coordinator)  # an outflow nobody has changed tells nothing
    edss = f"/visits/{later.pk}/forms/edss/"
    window = sign_in(coordinator)
    assert NOTE not in window.get(edss).content.decode()
    rate(before, coordinator)
    examine(later, coordinator)
    assert NOTE in window.get(edss).content.decode()
    assert NOTE not in window.get(f"/visits/{later.pk}/forms/vital_signs/").content.decode()
    assert NOTE not in window.get(f"/visits/{later.pk}/forms/doppler/").content.decode()
    for other in (make_user("second", Role.COORDINATOR), cast[Role.INVESTIGATOR], monitor):
        assert NOTE not in sign_in(other).get(edss).content.decode()
    assert listed(monitor) == []  # what was rated before the examination does not count
    rate(later, coordinator, VitalSigns)
    assert listed(monitor) == []  # nor what no arms are compared by
    sent = {"intent": "save", "base_revision": "0", "assessed_on": f"{later.visited_on}", "rater_step": "2.0"}
    assert window.post(edss, sent).status_code == 302  # nothing keeps them from it
    assert listed(monitor) == [("P2-001", "coordinator", ((EDSS, 1),))]
    for role in (Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN):
        page = sign_in(cast[role]).get("/raters/?patient=001").content.decode()
        assert "(coordinator)" in page
        assert f"{EDSS}&nbsp;\N{MULTIPLICATION SIGN}&nbsp;1" in page
    assert "Nobody here rated" in sign_in(monitor).get("/raters/?patient=%00").content.decode()
    assert listed(make_user("elsewhere", Role.MONITOR, site="GVI")) == []


def test_who_signed_the_examination_has_seen_it_and_the_open_phase_is_left_out(
    later: Visit, cast: dict[Role, User], sign_in: SignIn
) -> None:
    investigator, coordinator = cast[Role.INVESTIGATOR], cast[Role.COORDINATOR]
    examined = examine(later, coordinator)
    rate(later, investigator)
    assert listed(cast[Role.MONITOR]) == []
    sign_visit(examined, investigator)
    correct_record(
        Edss.objects.get(), {"remarks": "Seen again"}, actor=actor_of(investigator), base_revision=1, reason="Seen"
    )
    assert listed(cast[Role.MONITOR]) == [("P2-001", "investigator", ((EDSS, 1),))]
    assert NOTE in sign_in(investigator).get(f"/visits/{later.pk}/forms/edss/").content.decode()
    patient = Patient.objects.get()
    correct_record(patient, {"phase_number": 1}, actor=SYSTEM, base_revision=patient.revision, reason="Open")
    assert listed(cast[Role.MONITOR]) == []


def looks(page: Client, url: str) -> list[tuple[str, str]]:
    """Who is kept in the trail as shown an outflow, by this page alone."""
    before = AuditEvent.objects.latest("id").pk
    assert page.get(url).status_code == 200
    told = AuditEvent.objects.filter(action="read_outflow", pk__gt=before, is_restricted=False)
    return list(told.values_list("actor_username", "record_kind"))


def test_the_first_look_at_the_examination_is_kept_whatever_page_shows_it(
    later: Visit, cast: dict[Role, User], sign_in: SignIn
) -> None:
    before = make_visit(later.patient, "baseline", TREATED - timedelta(3))
    known = examine(before, cast[Role.COORDINATOR])
    first = f"/visits/{later.pk}/forms/doppler/"
    assert looks(sign_in(cast[Role.INVESTIGATOR]), first) == []  # nothing is there to be seen
    examined = examine(later, cast[Role.COORDINATOR])
    moment = urlencode({"as_of": clock.now().isoformat()})
    signs = [f"/forms/doppler/{examined.pk}/sign/", f"/visits/{later.pk}/sign/"]
    other = f"/forms/vital_signs/{rate(later, cast[Role.COORDINATOR], VitalSigns).pk}/sign/"
    pages = [
        first,
        f"/visits/{before.pk}/forms/doppler/",  # shows what the other visits gave
        f"/history/doppler/{examined.pk}/",
        f"/trail/forms/doppler/{examined.pk}/",
        f"/trail/visits/{later.pk}/",
        f"/trail/patients/{later.patient_id}/",
        f"/trail/forms/doppler/{examined.pk}/values/?{moment}",
        f"/trail/listings/doppler/?{moment}",
        f"/patients/{later.patient_id}/print/page/",
    ]
    for n, url in enumerate(pages):
        reader = make_user(f"reader{n}", Role.COORDINATOR)
        page = sign_in(reader)
        assert looks(page, f"/visits/{later.pk}/forms/edss/") == []
        assert looks(page, url) == [(reader.username, "visits.doppler")], url
        assert looks(page, pages[n - 1]) == []  # once is enough
        assert NOTE in page.get(f"/visits/{later.pk}/forms/edss/").content.decode()
    for n, url in enumerate(signs):
        signer = make_user(f"signer{n}", Role.INVESTIGATOR)
        page = sign_in(signer)
        assert looks(page, other) == []
        assert looks(page, url) == [(signer.username, "visits.doppler")], url
    # What was found before the procedure is no outflow that tells, and neither is a page without it.
    early = sign_in(make_user("early", Role.COORDINATOR))
    for url in (f"/history/doppler/{known.pk}/", f"/trail/forms/doppler/{known.pk}/", f"/trail/visits/{before.pk}/"):
        assert looks(early, url) == [], url
    assert looks(early, f"/trail/forms/doppler/{known.pk}/values/?{moment}") == []
    rate(later, User.objects.get(username="reader1"))
    assert listed(cast[Role.MONITOR]) == [("P2-001", "reader1", ((EDSS, 1),))]
    rates_nobody = [cast[Role.MONITOR], make_user("sonographer", Role.ASSESSOR)]
    rates_nobody[1].instruments = ["doppler"]
    rates_nobody[1].save()
    assert [looks(sign_in(one), first) for one in (*rates_nobody, cast[Role.COORDINATOR])] == [[], [], []]
