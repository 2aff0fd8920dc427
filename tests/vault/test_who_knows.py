"""Who knows whose arm: what was told, what follows from it to the last case, and who is never exposed."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from random import Random

import pytest

from endpoints.selectors.exposure import get_never_exposed
from endpoints.selectors.participants import get_participants
from enrollment.actions.code_break import Asked, open_code
from enrollment.actions.draw import draw_allocation
from enrollment.exposure import Way
from enrollment.models import Patient
from enrollment.vault.blocks import make_sequence, within_limit
from enrollment.vault.deduction import deduce
from enrollment.vault.lists import generate_list, seal_list
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.reveal import get_arms_for_analysis
from enrollment.vault.schemes import Scheme
from tests.cast import SignIn
from tests.vault.conftest import make_patient, ready
from tests.vault.test_worklist_page import names_an_arm
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from trialsite.records.actions import create_record
from visits.models import Deviation
from visits.who_knows import get_who_knows

RATIO = {"a": 1, "b": 1}
SCHEMES = (
    Scheme(method="fixed_blocks", ratio=RATIO, block_sizes=(4,)),
    Scheme(method="random_blocks", ratio=RATIO, block_sizes=(2, 4)),
    Scheme(method="random_blocks", ratio={"a": 2, "b": 1}, block_sizes=(3, 6)),
    Scheme(method="big_stick", ratio=RATIO, imbalance_limit=2),
    Scheme(method="simple", ratio=RATIO),
)


def list_orders(scheme: Scheme, length: int) -> Iterator[tuple[str, ...]]:
    """Every order the scheme can make, found by trying all."""
    names, shares = tuple(scheme.ratio), tuple(scheme.ratio.values())
    for order in product(names, repeat=length):
        if scheme.block_sizes:
            is_made = _is_in_blocks(scheme, order)
        elif scheme.imbalance_limit is None:
            is_made = True
        else:
            before = [[order[:n].count(name) for name in names] for n in range(length)]
            is_made = all(
                names.index(arm) in within_limit(counts, shares, scheme.imbalance_limit)
                for counts, arm in zip(before, order, strict=True)
            )
        if is_made:
            yield order


def _is_in_blocks(scheme: Scheme, order: tuple[str, ...]) -> bool:
    if not order:
        return True
    for size in scheme.block_sizes:
        times, block = size // scheme.share_total, order[:size]
        is_whole = len(block) == size and all(block.count(arm) == share * times for arm, share in scheme.ratio.items())
        if is_whole and _is_in_blocks(scheme, order[size:]):
            return True
    return False


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.label)
def test_what_follows_is_what_all_possible_orders_share(scheme: Scheme) -> None:
    chance = Random(5)
    for _ in range(12):
        order = make_sequence(scheme, 9 if scheme.share_total == 3 else 8, chance).arms
        every = list(list_orders(scheme, len(order)))
        told = {place: order[place - 1] for place in chance.sample(range(1, len(order) + 1), chance.randint(0, 5))}
        possible = [one for one in every if all(one[place - 1] == arm for place, arm in told.items())]
        shared = {
            place: order[place - 1]
            for place in range(1, len(order) + 1)
            if place not in told and len({one[place - 1] for one in possible}) == 1
        }
        assert deduce(scheme, len(order), told) == shared
    assert deduce(scheme, 0, {}) == {}


def test_what_no_order_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="no order"):
        deduce(SCHEMES[0], 4, {1: "a", 2: "a", 3: "a"})


@pytest.fixture
def drawn(db: None) -> list[Patient]:
    """Five patients of a list in blocks of two."""
    protocol = get_protocol()
    phase = protocol.phase(2)
    assert phase.allocation
    pairs = Scheme(method="fixed_blocks", ratio=phase.allocation.ratio, block_sizes=(2,))
    made = generate_list(phase, protocol, scheme=pairs, least_per_stratum=6, actor=SYSTEM)
    seal_list(made.id, protocol, actor=SYSTEM)
    return [draw_allocation(make_patient(n), ready, SYSTEM) for n in range(1, 6)]


@pytest.mark.conformance(25, 37)
def test_the_ledger_knows_what_was_told_and_what_follows(
    drawn: list[Patient], investigator: User, statistician: User, coordinator: User, sign_in: SignIn
) -> None:
    protocol, window = get_protocol(), sign_in(statistician)
    assert "Nobody was told an arm yet" in window.get("/who-knows/").content.decode()
    asked = Asked(reason="emergency", reason_text="Bleeding", clinician="Dr. Night", occasion=1, knock_on=1)
    open_code(drawn[3], asked, user=investigator)
    get_arms_for_analysis(user=statistician, purpose="Report safety, page")
    get_arms_for_analysis(user=statistician, purpose="Report lesions, page, shown with dummy arms")
    create_record(
        Deviation(
            patient=drawn[4],
            status="complete",
            category="blinding",
            severity="major",
            happened_on=date(2026, 2, 2),
            description="A nurse said it",
        ),
        actor=SYSTEM,
    )
    known = get_who_knows(statistician, protocol)
    numbers = {patient.pk: patient.number for patient in drawn}
    told = {(one.username, numbers[one.patient_id], one.way) for one in known if one.way is not Way.REPORTS}
    assert told == {
        ("investigator", "P2-004", Way.CODE_BREAK),
        ("investigator", "P2-003", Way.DEDUCED),
        ("", "P2-005", Way.DEVIATION),
    }
    assert sum(one.way is Way.REPORTS for one in known) == 5
    never = get_never_exposed(statistician, protocol, get_participants(protocol))
    assert {numbers[one] for one in never} == {"P2-001", "P2-002"}
    page = window.get("/who-knows/")
    text = page.content.decode()
    assert all(
        words in text for words in ("code break", "follows from the arms known", "The investigator", "2: nobody")
    )
    assert not names_an_arm(page.content)
    assert "P2-001" not in window.get("/who-knows/?patient=003").content.decode()
    assert "has a number with" in window.get("/who-knows/?patient=<x>").content.decode()
    for person in (investigator, coordinator):
        with pytest.raises(VaultRefusedError):
            get_who_knows(person, protocol)
