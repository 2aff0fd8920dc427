"""The order of arms: balanced where it must be, by chance where it may be."""

from collections import Counter
from random import Random

import pytest

from enrollment.vault.blocks import make_sequence, permute_block
from enrollment.vault.schemes import Method, Scheme

EVEN, UNEVEN = {"a": 1, "b": 1}, {"a": 2, "b": 1}


def seeded(seed: int) -> Random:
    return Random(seed)


def in_blocks(*sizes: int, ratio: dict[str, int] | None = None) -> Scheme:
    method: Method = "fixed_blocks" if len(sizes) == 1 else "random_blocks"
    return Scheme(method=method, ratio=ratio or EVEN, block_sizes=sizes)


def on_the_stick(limit: int, ratio: dict[str, int]) -> Scheme:
    return Scheme(method="big_stick", ratio=ratio, imbalance_limit=limit)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.conformance(33)
def test_every_block_holds_the_ratio(seed: int) -> None:
    made = make_sequence(in_blocks(3, 6, ratio=UNEVEN), 40, seeded(seed))
    assert len(made.arms) == sum(made.block_sizes) >= 40
    start = 0
    for size in made.block_sizes:
        assert size in (3, 6)
        assert Counter(made.arms[start : start + size]) == {"a": size * 2 // 3, "b": size // 3}
        start += size


@pytest.mark.conformance(33)
def test_all_orders_of_a_block_are_equally_likely() -> None:
    chance = seeded(7)
    seen = Counter("".join(permute_block({"a": 1, "b": 1}, 4, chance)) for _ in range(6000))
    assert set(seen) == {"aabb", "abab", "abba", "baab", "baba", "bbaa"}
    # Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand times.
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 20.5


@pytest.mark.conformance(33)
def test_both_block_sizes_come_up() -> None:
    made = make_sequence(in_blocks(4, 6), 400, seeded(3))
    assert set(made.block_sizes) == {4, 6}


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_block_that_cannot_hold_the_ratio_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="cannot hold the ratio"):
        permute_block({"a": 1, "b": 1}, size, seeded(1))


def test_the_big_stick_never_lets_an_arm_get_further_ahead() -> None:
    wanted = on_the_stick(2, EVEN)
    gaps = []
    for seed in range(20):
        arms = make_sequence(wanted, 60, seeded(seed)).arms
        gaps += [abs(arms[:n].count("a") - arms[:n].count("b")) for n in range(61)]
    assert max(gaps) == 2


def test_the_big_stick_follows_an_uneven_ratio() -> None:
    arms = make_sequence(on_the_stick(2, UNEVEN), 300, seeded(5)).arms
    assert len(arms) == 300
    assert abs(arms.count("a") - 200) <= 4


def test_a_list_without_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        make_sequence(in_blocks(4), 0, seeded(1))


def test_a_scheme_that_holds_no_ratio_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 3"):
        make_sequence(in_blocks(4, ratio=UNEVEN), 8, seeded(1))


def test_the_simple_scheme_is_a_weighted_coin() -> None:
    arms = make_sequence(Scheme(method="simple", ratio=UNEVEN), 3000, seeded(9)).arms
    assert len(arms) == 3000
    # Four standard deviations of a binomial with 3000 trials and two in three.
    assert abs(arms.count("a") - 2000) < 4 * (3000 * 2 / 9) ** 0.5
