"""The statistician's page, and the commitment that everybody may read."""

import re

import pytest
from django.test import Client

from enrollment.actions.draw import draw_allocation
from enrollment.models import ListCommitment
from enrollment.refusal import RefusedError
from enrollment.vault.models import AllocationList, AllocationSlot
from tests.cast import SignIn
from tests.vault.conftest import make_patient, make_sealed_list, overwrite, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.lib.clock import held_at, now

pytestmark = pytest.mark.django_db
# A scheme without blocks makes as many slots as are asked for.
ASKED = {"method": "big_stick", "imbalance_limit": "3", "patients": "20", "least_per_stratum": "10"}
GENERATE, SEAL, VERIFY = (f"/allocation/2/{act}/" for act in ("generate", "seal", "verify"))


@pytest.fixture
def window(sign_in: SignIn, statistician: User) -> Client:
    return sign_in(statistician)


def text_of(window: Client, url: str = "/allocation/") -> str:
    answer = window.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def ask(**changes: str) -> dict[str, str]:
    """What is sent to generate a list."""
    return {f"phase2-{name}": value for name, value in {**ASKED, **changes}.items()}


@pytest.mark.conformance(34)
def test_a_list_is_generated_sealed_used_and_checked(window: Client) -> None:
    assert "no list" in text_of(window)
    window.post(GENERATE, ask())
    made = AllocationList.objects.get()
    assert "generated, not sealed" in text_of(window)
    window.post(SEAL, {"phase2-list_id": str(made.id), "phase2-is_sure": "on"})
    assert ListCommitment.objects.get().sha256 == made.commitment
    draw_allocation(make_patient(1), ready, SYSTEM)
    total = AllocationSlot.objects.count()
    page = text_of(window)
    assert made.commitment in page
    assert (
        f'<td class="num">{total}</td><td class="num">1</td><td class="num">0</td><td class="num">{total - 1}</td>'
        in page
    )
    assert "Generate" not in page.split("<h2")[1].replace("Generated", "")
    assert "gives its commitment" in window.post(VERIFY, follow=True).content.decode()
    assert AuditEvent.objects.filter(action="verify_list", is_restricted=True).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter how many slots"),
        ("0", "at least 1 slot"),
        ("1001", "at most 1000 slots"),
        ("1.5", "Enter a whole number"),
        ("ten", "Enter a whole number"),
        ("9" * 10_000, "whole number|at most 1000"),
        ("\N{SMILING FACE WITH OPEN MOUTH}", "Enter a whole number"),
        ("5\0", "Enter a whole number"),
    ],
)
def test_a_length_that_makes_no_sense_is_asked_again(window: Client, typed: str, sentence: str) -> None:
    answer = window.post(GENERATE, ask(least_per_stratum=typed))
    assert answer.status_code == 422
    assert re.search(sentence, answer.content.decode())
    assert not AllocationList.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": ""}, "Choose how the order"),
        ({"method": "alternate"}, "is not in this list"),
        ({"method": "fixed_blocks", "block_sizes": ""}, "Enter one block size"),
        ({"method": "fixed_blocks", "block_sizes": "4, 6"}, "Enter one block size"),
        ({"method": "fixed_blocks", "block_sizes": "5"}, "A block of 5 does not hold the ratio"),
        ({"method": "random_blocks", "block_sizes": "4, four"}, "Enter whole numbers with commas"),
        ({"method": "random_blocks", "block_sizes": "4"}, "Enter two block sizes or more"),
        ({"method": "big_stick", "imbalance_limit": ""}, "Enter a limit from 1 to 20"),
        ({"method": "big_stick", "imbalance_limit": "0"}, "Enter a limit from 1 to 20"),
        ({"patients": "0"}, "Expect at least 1 patient"),
        ({"patients": "1001"}, "at most 1000 patients"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_asked_again(window: Client, changes: dict[str, str], sentence: str) -> None:
    answer = window.post(GENERATE, ask(**changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not AllocationList.objects.exists()


def test_schemes_are_compared_before_one_is_chosen(window: Client) -> None:
    assert '<th scope="row">Blocks of 4</th><td class="num">70.8 %</td>' in text_of(window)
    answer = window.post(
        GENERATE, ask(method="fixed_blocks", block_sizes="8", patients="24", compare="1") | {"compare": "1"}
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert re.search(r'<tr class="table-active"><th scope="row">Blocks of 8</th><td class="num">\d\d\.\d %</td>', page)
    assert "Computed for 24 patients" in page
    assert 'value="8"' in page  # what was typed stays
    assert not AllocationList.objects.exists()
    # A list that waits for its seal shows its own scheme as the chosen one.
    window.post(GENERATE, ask())
    assert '<tr class="table-active"><th scope="row">Big stick, limit 3</th>' in text_of(window)


@pytest.mark.parametrize("list_id", ["", "x", "0" * 32, "\0", "../../etc"])
def test_only_the_list_that_was_looked_at_is_sealed(window: Client, list_id: str) -> None:
    window.post(GENERATE, ask(least_per_stratum="4"))
    answer = window.post(SEAL, {"phase2-list_id": list_id, "phase2-is_sure": "on"}, follow=True)
    assert answer.status_code in (200, 422)
    assert not ListCommitment.objects.exists()


def test_sealing_wants_the_box_ticked(window: Client) -> None:
    window.post(GENERATE, ask(least_per_stratum="4"))
    made = AllocationList.objects.get()
    answer = window.post(SEAL, {"phase2-list_id": str(made.id)})
    assert "Tick the box" in answer.content.decode()
    assert not ListCommitment.objects.exists()


def test_sealing_twice_says_why_not(window: Client, sealed: AllocationList) -> None:
    page = window.post(SEAL, {"phase2-list_id": str(sealed.id), "phase2-is_sure": "on"}, follow=True)
    assert "there is one only" in page.content.decode()


@pytest.mark.parametrize("phase", ["1", "3", "9" * 40])
@pytest.mark.parametrize("act", ["generate", "seal", "verify"])
def test_a_phase_without_a_list_has_no_such_page(window: Client, phase: str, act: str) -> None:
    assert window.post(f"/allocation/{phase}/{act}/").status_code == 404


def test_a_used_up_stratum_and_its_refusal_are_told_to_the_statistician_only(
    window: Client, sign_in: SignIn, coordinator: User
) -> None:
    made = make_sealed_list(4)
    patients = [make_patient(n) for n in range(1, 9)]
    for patient in patients[: AllocationSlot.objects.filter(stratum__list=made).count()]:
        draw_allocation(patient, ready, SYSTEM)
    with pytest.raises(RefusedError):
        draw_allocation(patients[-1], ready, SYSTEM)
    page = text_of(window)
    assert "used up" in page
    assert "exhausted" in page
    assert "Few slots are left" in page
    assert patients[-1].number in page
    start = re.sub(r"\s+", " ", window.get("/", follow=True).content.decode())
    assert "stratum all: used up" in start
    assert "The vault refused to serve lately" in start
    assert "exhausted" not in text_of(sign_in(coordinator), "/list-commitment/")


def test_a_tampered_list_is_told_when_checked(window: Client, sealed: AllocationList) -> None:
    overwrite(sealed, commitment="0" * 64)
    assert "No patient can be drawn" in window.post(VERIFY, follow=True).content.decode()


def test_no_page_of_the_statistician_about_the_list_says_whose_arm(window: Client, sealed: AllocationList) -> None:
    patient = draw_allocation(make_patient(1), ready, SYSTEM)
    page = text_of(window)
    assert patient.number not in page
    assert patient.randomization_code not in page


READERS = {Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER, Role.STATISTICIAN}


@pytest.mark.parametrize("role", list(Role))
def test_the_commitment_is_for_all_who_read_reports(
    cast: dict[Role, User], sign_in: SignIn, sealed: AllocationList, role: Role
) -> None:
    answer = sign_in(cast[role]).get("/list-commitment/")
    assert answer.status_code == (200 if role in READERS else 404)
    assert (sealed.commitment in answer.content.decode()) == (role in READERS)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.STATISTICIAN])
@pytest.mark.usefixtures("sealed")
@pytest.mark.conformance(34)
def test_for_everybody_else_the_page_does_not_exist(cast: dict[Role, User], sign_in: SignIn, role: Role) -> None:
    window = sign_in(cast[role])
    with held_at(now()):  # the pages of some bear the moment at which they were opened
        missing = window.get("/allocation-of-nothing/").content
        for url in ("/allocation/", GENERATE, SEAL, VERIFY):
            for answer in (window.get(url), window.post(url, {**ask(), "phase2-is_sure": "on"})):
                assert answer.status_code == 404
                assert without_token(answer.content) == without_token(missing)
    assert AllocationList.objects.count() == 1


def without_token(body: bytes) -> bytes:
    return re.sub(rb'(X-CSRFToken": "|csrfmiddlewaretoken" value=")[^"]+', b"", body)
