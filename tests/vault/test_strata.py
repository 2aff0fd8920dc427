"""A list with strata: each site has an order of its own. The trial has six sites and two patients treated for each sham."""

from collections import Counter
from pathlib import Path

import pytest
from pytest_django import Settings

from enrollment.actions.draw import NOT_POSSIBLE_NOW, draw_allocation
from enrollment.models import Patient
from enrollment.refusal import RefusedError
from enrollment.strata import list_strata, name_stratum
from enrollment.vault.demo import seal_demo_list
from enrollment.vault.lists import open_slot
from enrollment.vault.models import AllocationSlot, Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.state import get_list_state
from tests.vault.conftest import make_patient, make_sealed_list, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.protocol.current import get_protocol

pytestmark = pytest.mark.django_db
SIX_SITES = Path(__file__).parents[1] / "data" / "brave_dreams_shape.toml"


@pytest.fixture
def six_sites(settings: Settings) -> None:
    settings.PROTOCOL_FILE = SIX_SITES
    make_sealed_list(3, phase_number=1)


def draw_at(site: str, n: int) -> Patient:
    return draw_allocation(make_patient(n, phase=1, site=site), ready, SYSTEM)


@pytest.mark.usefixtures("six_sites")
@pytest.mark.conformance(33)
def test_each_site_has_an_order_of_its_own() -> None:
    for n, site in enumerate(["C1", "C2", "C1", "C6", "C2", "C1"]):
        draw_at(site, n)
    taken = Draw.objects.order_by("id").values_list("slot__stratum__key", "slot__position")
    assert list(taken) == [
        ("site C1", 1),
        ("site C2", 1),
        ("site C1", 2),
        ("site C6", 1),
        ("site C2", 2),
        ("site C1", 3),
    ]


@pytest.mark.usefixtures("six_sites")
@pytest.mark.conformance(33)
def test_every_stratum_holds_the_ratio_of_two_to_one() -> None:
    stock = get_list_state(get_protocol().phase(1)).stock
    assert [one.stratum for one in stock] == [f"site C{n}" for n in range(1, 7)]
    for site in stock:
        rows = AllocationSlot.objects.filter(stratum__key=site.stratum).select_related("stratum")
        arms = Counter(open_slot(row.stratum.list_id, row).arm for row in rows)
        assert arms["angioplasty"] == 2 * arms["sham"] > 0


@pytest.mark.usefixtures("six_sites")
def test_a_used_up_site_does_not_stop_another() -> None:
    size = AllocationSlot.objects.filter(stratum__key="site C3").count()
    for n in range(size):
        draw_at("C3", n)
    with pytest.raises(RefusedError, match=NOT_POSSIBLE_NOW):
        draw_at("C3", size)
    assert draw_at("C4", size + 1).randomization_code


def test_a_trial_without_strata_has_one() -> None:
    protocol = get_protocol()
    allocation = protocol.phase(2).allocation
    assert allocation is not None
    assert list_strata(allocation, protocol) == ["all"] == [name_stratum(allocation, "UB")]


def test_the_list_of_the_demonstration_is_even_where_it_must_be() -> None:
    protocol = get_protocol()
    made = seal_demo_list(protocol.phase(2), protocol, slots=24, even_after=20, actor=SYSTEM)
    rows = AllocationSlot.objects.filter(stratum__list=made, position__lte=20).select_related("stratum")
    assert Counter(open_slot(made.id, row).arm for row in rows) == {"angioplasty": 10, "sham": 10}
    assert AllocationSlot.objects.filter(stratum__list=made).count() >= 24


def test_the_list_of_the_demonstration_is_refused_in_production(settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    protocol = get_protocol()
    with pytest.raises(VaultRefusedError, match="demonstration only"):
        seal_demo_list(protocol.phase(2), protocol, slots=24, even_after=20, actor=SYSTEM)
