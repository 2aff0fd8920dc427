"""A trial other than PREMiSe runs on its protocol file alone: from the sealed list to the last visit."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from enrollment.models import PatientStatus
from enrollment.vault.lists import open_slot
from enrollment.vault.models import AllocationSlot, AllocationStratum, Draw
from tests.cast import SignIn
from tests.protocol.samples import BRAVE
from tests.reports import compute_once
from tests.second_protocol.crawl import crawl
from tests.second_protocol.trial import write_renamed
from tests.second_protocol.walk import Walk, open_center, open_site
from trialsite.accounts.models import User
from trialsite.accounts.roles import BLINDED, Role
from trialsite.lib.clock import held_at
from trialsite.protocol.current import get_protocol
from visits.conditions import conditions_of
from visits.models import Deviation
from visits.schedule import Standing
from visits.selectors import get_visits, schedule_of

pytestmark = pytest.mark.django_db
SEALED_AT = datetime(2012, 11, 5, 9, tzinfo=UTC)
CONSENTED_ON = date(2013, 1, 14)
SLOTS_ASKED = 6
# What only PREMiSe is called, or only its file says.
PREMISE_WORDS = re.compile(r"premise|buffalo|NCT01450072|\bP[12]-|phase 2\b|month 1\b|month_1\b|\b1m\b", re.IGNORECASE)
# What the second file says and the third does not: were it on a page of the third, it would stand in the code.
WRITTEN_IN_CODE = re.compile(r"\b0\.88\b|\b75\s?%|month[ _]\d|hour_24|24 hours after", re.IGNORECASE)

# Words and numbers in these come from the form and the page, not from the record: one of each form is enough.
OF_ONE_RECORD = re.compile(r"^(/(?:history|trail/forms|forms|queries)/.*?)[0-9a-f]{8}-[0-9a-f-]{27}")
# A report on another analysis set has the words of the report; the dearest pages of all need not be opened five times over.
OF_ONE_SET = re.compile(r"^/reports/.*[?&]set=.*")


def kind_of(url: str) -> str:
    return OF_ONE_SET.sub("/reports/*?set=*", OF_ONE_RECORD.sub(r"\1*", url))


def say_arm(page: str) -> list[str]:
    """Where a page names an arm of the third file."""
    return re.findall(r".{20}(?:balloon treatment|mock).{20}", page, re.IGNORECASE)


@pytest.fixture
def center(db: None) -> dict[Role, User]:
    return open_center()


def seal_list(statistician: User, sign_in: SignIn) -> None:
    """Generate and seal the list on the statistician's page."""
    phase = get_protocol().phases[0]
    page = sign_in(statistician)
    with held_at(SEALED_AT):
        prefix = f"phase{phase.number}"
        page.post(
            f"/allocation/{phase.number}/generate/",
            {
                f"{prefix}-method": "fixed_blocks",
                f"{prefix}-block_sizes": "6",
                f"{prefix}-patients": "20",
                f"{prefix}-least_per_stratum": str(SLOTS_ASKED),
            },
        )
        shown = page.get("/allocation/").context["sections"][0]["seal"]
        sure = {f"{prefix}-list_id": str(shown.initial["list_id"]), f"{prefix}-is_sure": "on"}
        assert page.post(f"/allocation/{phase.number}/seal/", sure).status_code == 302


def arms_of(stratum: AllocationStratum) -> list[str]:
    slots = AllocationSlot.objects.filter(stratum=stratum).select_related("stratum").order_by("position")
    return [open_slot(stratum.list_id, slot).arm for slot in slots]


def walk_at(site: str, center: dict[Role, User], sign_in: SignIn) -> Walk:
    return Walk(get_protocol(), {**open_site(site), **center}, site, sign_in)


def look_at_everything(walk: Walk) -> Iterator[tuple[Role, str, str]]:
    """Every page of every role of the site on the day after the last visit: role, address, body."""
    with held_at(walk.at(walk.procedure_on + timedelta(days=walk.follow_ups[-1].day or 0), 20)):
        for role in walk.people:
            # The reports of the other roles are those of the coordinator, and the dearest pages of all.
            but = "" if role in (Role.STATISTICIAN, Role.COORDINATOR) else "/reports/"
            pages = crawl(walk.browser(role), but=but, kind_of=kind_of)
            for url, page in pages.items():
                yield role, url, page.body


def test_the_list_holds_two_to_one_in_each_of_six_strata(
    settings: Settings, center: dict[Role, User], sign_in: SignIn
) -> None:
    settings.PROTOCOL_FILE = BRAVE
    seal_list(center[Role.STATISTICIAN], sign_in)
    strata = AllocationStratum.objects.order_by("key")
    assert [stratum.key for stratum in strata] == [f"site C{n}" for n in range(1, 7)]
    for stratum in strata:
        arms = arms_of(stratum)
        assert len(arms) >= SLOTS_ASKED
        assert Counter(arms) == {"angioplasty": len(arms) * 2 // 3, "sham": len(arms) // 3}


def test_patients_of_two_sites_go_from_screening_to_month_12(
    settings: Settings, center: dict[Role, User], sign_in: SignIn
) -> None:
    settings.PROTOCOL_FILE = BRAVE
    seal_list(center[Role.STATISTICIAN], sign_in)
    walks = [walk_at(site, center, sign_in) for site in ("C1", "C4")]
    for n, walk in enumerate(walks):
        walk.live(CONSENTED_ON + timedelta(days=7 * n))
        check_course(walk)
    assert [walk.patient.number for walk in walks] == ["C1-001", "C4-002"]
    check_strata(walks)
    check_sites_are_apart(*walks)


def check_course(walk: Walk) -> None:
    """All visits inside their windows, the last one a year after the procedure, the patient completed."""
    patient, protocol = walk.patient, walk.protocol
    assert patient.status == PatientStatus.COMPLETED
    last_on = walk.procedure_on + timedelta(days=365)
    schedule = schedule_of(patient, get_visits(patient), protocol, last_on, conditions_of(patient, protocol))
    assert [visit.planned.key for visit in schedule][-5:] == ["hour_24", "month_3", "month_6", "month_9", "month_12"]
    assert {visit.standing for visit in schedule} == {Standing.ATTENDED}
    assert schedule[-1].visited_on == last_on
    assert not Deviation.objects.filter(patient=patient).exists()


def check_strata(walks: list[Walk]) -> None:
    """Each site has its own order: the first patient of a site takes the first slot of that site, and learns its arm."""
    for walk in walks:
        slot = Draw.objects.select_related("slot__stratum").get(patient=walk.patient_id).slot
        assert (slot.stratum.key, slot.position) == (f"site {walk.site.code}", 1)
        assert walk.arm == arms_of(slot.stratum)[0]


def check_sites_are_apart(one: Walk, other: Walk) -> None:
    for role in (Role.COORDINATOR, Role.ASSESSOR, Role.MONITOR):
        assert one.browser(role).get(f"/patients/{one.patient_id}/").status_code == 200
        assert one.browser(role).get(f"/patients/{other.patient_id}/").status_code == 404


@pytest.mark.one_database  # names and numbers do not depend on it
def test_a_trial_whose_names_and_numbers_all_differ_runs_and_shows_its_own_only(
    settings: Settings, center: dict[Role, User], sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_once(monkeypatch)
    settings.PROTOCOL_FILE = write_renamed(tmp_path)
    seal_list(center[Role.STATISTICIAN], sign_in)
    walk = walk_at("C2", center, sign_in)
    walk.live(CONSENTED_ON)
    assert walk.patient.status == PatientStatus.COMPLETED
    assert walk.arm in ("balloon", "mock")
    pages: Counter[Role] = Counter()
    for role, url, body in look_at_everything(walk):
        pages[role] += 1
        text = re.sub(r'value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9]{64}', "", body)
        assert not PREMISE_WORDS.findall(text), f"{role} reads of PREMiSe at {url}"
        assert not WRITTEN_IN_CODE.findall(text), f"{role} reads a number or name of another file at {url}"
        if role in BLINDED and not url.startswith(
            "/reports/blinding/"
        ):  # names what was guessed, of both arms together
            assert not say_arm(text), f"{role} reads an arm at {url}"
    assert set(pages) == set(Role)
    assert pages[Role.COORDINATOR] > 100
    assert pages[Role.OPERATOR] > 3
