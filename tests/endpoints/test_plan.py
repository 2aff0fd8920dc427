"""The analysis plan of a protocol."""

from pathlib import Path

import pytest

from endpoints.plan import make_arm_grouping, make_blinded_grouping, make_plan, name_visit
from tests.endpoints.trial import PLAN
from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Protocol

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def premise() -> Protocol:
    return load_protocol(ROOT / "trialsite/protocol/premise.toml")


@pytest.fixture(scope="module")
def second_trial() -> Protocol:
    return load_protocol(ROOT / "tests/data/brave_dreams_shape.toml")


def test_premise_is_analyzed_as_planned(premise: Protocol) -> None:
    assert make_plan(premise) == PLAN


def test_premise_compares_the_arms_of_its_second_phase(premise: Protocol) -> None:
    grouping = make_arm_grouping(premise)
    assert [(group.key, group.phase) for group in grouping.groups] == [("open", 1), ("treated", 2), ("sham", 2)]
    assert [comparison.key for comparison in grouping.comparisons] == ["treated_vs_sham"]


def test_blinded_groups_name_no_arm(premise: Protocol) -> None:
    grouping = make_blinded_grouping(premise)
    assert [(group.key, group.arm) for group in grouping.groups] == [("phase_1", None), ("phase_2", None)]
    assert not grouping.comparisons


def test_another_trial_is_followed_for_longer(second_trial: Protocol) -> None:
    plan = make_plan(second_trial)
    assert plan.final_visit == "12m"
    assert plan.landmark_days[-1] == 365
    assert [comparison.key for comparison in make_arm_grouping(second_trial).comparisons] == ["treated_vs_sham"]


@pytest.mark.parametrize(
    ("key", "name"), [("hour_24", "24h"), ("month_12", "12m"), ("baseline", "baseline"), ("day_x", "day_x")]
)
def test_names_of_visits(key: str, name: str) -> None:
    assert name_visit(key) == name
