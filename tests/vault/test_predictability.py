"""The predictability of a scheme against closed forms, against the enumeration of every order, and against published figures."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import comb

import pytest

from enrollment.vault.predictability import share_guessed
from enrollment.vault.schemes import Scheme, find_faults, list_alternatives

EVEN, UNEVEN = {"a": 1, "b": 1}, {"a": 2, "b": 1}
Law = dict[str, Fraction]


def blocks(*sizes: int, ratio: dict[str, int] = EVEN) -> Scheme:
    return Scheme(method="fixed_blocks" if len(sizes) == 1 else "random_blocks", ratio=ratio, block_sizes=sizes)


def stick(limit: int, ratio: dict[str, int] = EVEN) -> Scheme:
    return Scheme(method="big_stick", ratio=ratio, imbalance_limit=limit)


SIMPLE = Scheme(method="simple", ratio=EVEN)


@pytest.mark.parametrize(
    ("scheme", "percent"),
    [
        (blocks(2), 75.0),
        (blocks(4), 70.8),
        (blocks(6), 67.0),
        (blocks(2, 4, 6), 69.7),
        (blocks(4, 6), 68.5),
        (blocks(20), 61.6),
        (stick(2), 61.3),
        (stick(3), 57.3),
        (SIMPLE, 50.0),
    ],
)
def test_twenty_patients_one_to_one(scheme: Scheme, percent: float) -> None:
    """Figures known to about a tenth of a percent."""
    assert 100 * share_guessed(scheme, 20) == pytest.approx(percent, abs=0.1)


@pytest.mark.parametrize("half", [1, 2, 3, 10])
def test_one_block_follows_the_closed_form(half: int) -> None:
    expected = half + 2 ** (2 * half - 1) / comb(2 * half, half) - 0.5
    assert share_guessed(blocks(2 * half), 2 * half) * 2 * half == pytest.approx(expected, abs=1e-12)
    # Every whole block is like the first.
    assert share_guessed(blocks(2 * half), 6 * half) * 2 * half == pytest.approx(expected, abs=1e-12)


def every_order(scheme: Scheme, n: int) -> Iterator[tuple[str, Fraction]]:
    """All orders of `n` patients with their probabilities, written down without any thought of speed."""
    if scheme.block_sizes:
        yield from _in_blocks(scheme, n, "", Fraction(1))
    else:
        yield from _on_the_stick(scheme, n, "", Fraction(1))


def _in_blocks(scheme: Scheme, n: int, done: str, weight: Fraction) -> Iterator[tuple[str, Fraction]]:
    if len(done) >= n:
        yield done[:n], weight
        return
    for size in scheme.block_sizes:
        times = size // scheme.share_total
        orders = _permutations({arm: share * times for arm, share in scheme.ratio.items()})
        for order in orders:
            yield from _in_blocks(scheme, n, done + order, weight / len(scheme.block_sizes) / len(orders))


def _permutations(left: dict[str, int]) -> list[str]:
    if not sum(left.values()):
        return [""]
    return [arm + rest for arm in left if left[arm] for rest in _permutations({**left, arm: left[arm] - 1})]


def _on_the_stick(scheme: Scheme, n: int, done: str, weight: Fraction) -> Iterator[tuple[str, Fraction]]:
    if len(done) == n:
        yield done, weight
        return
    share = scheme.ratio
    ahead = {arm: Fraction(done.count(arm) + 1, share[arm]) for arm in share}
    hindmost = min(Fraction(done.count(arm), share[arm]) for arm in share)
    allowed = [arm for arm in share if ahead[arm] - hindmost <= (scheme.imbalance_limit or n * n)]
    for arm in allowed:
        yield from _on_the_stick(scheme, n, done + arm, weight * share[arm] / sum(share[one] for one in allowed))


def guess_by_enumeration(scheme: Scheme, n: int, *, knows_order: bool) -> Fraction:
    """The share guessed right by who names the likeliest arm, given the order so far or the counts so far."""
    laws: dict[tuple[int, str], Law] = defaultdict(lambda: defaultdict(Fraction))
    for order, weight in every_order(scheme, n):
        for place in range(n):
            seen = order[:place] if knows_order else "".join(sorted(order[:place]))
            laws[place, seen][order[place]] += weight
    return sum((max(law.values()) for law in laws.values()), Fraction()) / n


@pytest.mark.parametrize("scheme", [blocks(2), blocks(4), blocks(2, 4), blocks(2, 4, 6), stick(1), stick(2), stick(3)])
def test_at_one_to_one_nobody_who_knows_the_order_guesses_better(scheme: Scheme) -> None:
    computed = share_guessed(scheme, 8)
    assert computed == pytest.approx(float(guess_by_enumeration(scheme, 8, knows_order=True)), abs=1e-12)


THREE_ARMS = {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    "scheme",
    [
        blocks(3, ratio=UNEVEN),
        blocks(6, ratio=UNEVEN),
        blocks(3, 6, ratio=UNEVEN),
        stick(1, UNEVEN),
        stick(2, UNEVEN),
        blocks(3, ratio=THREE_ARMS),
        stick(1, THREE_ARMS),
        Scheme(method="simple", ratio=UNEVEN),
    ],
)
def test_other_ratios_are_exact_too(scheme: Scheme) -> None:
    computed = share_guessed(scheme, 7)
    by_counts = float(guess_by_enumeration(scheme, 7, knows_order=False))
    by_order = float(guess_by_enumeration(scheme, 7, knows_order=True))
    assert computed == pytest.approx(by_counts, abs=1e-12)
    # Where sizes are drawn by chance and the ratio is uneven, the order can tell a little more than the counts.
    assert 0 <= by_order - by_counts < (0.01 if len(scheme.block_sizes) > 1 else 1e-12)


def test_alternatives_fit_the_ratio() -> None:
    assert [one.label for one in list_alternatives(EVEN, 20)] == [
        "Blocks of 2",
        "Blocks of 4",
        "Blocks of 6",
        "Blocks of 2 or 4 or 6 by chance",
        "Blocks of 4 or 6 by chance",
        "Blocks of 20",
        "Big stick, limit 2",
        "Big stick, limit 3",
        "Simple",
    ]
    for ratio in (EVEN, UNEVEN, THREE_ARMS, {"a": 60, "b": 60}):
        for patients in (1, 7, 150, 1000):
            assert not [one for one in list_alternatives(ratio, patients) if find_faults(one)]


@pytest.mark.parametrize(
    ("scheme", "part"),
    [
        (blocks(3), "block_sizes"),
        (blocks(0), "block_sizes"),
        (blocks(202), "block_sizes"),
        (blocks(4, 4), "block_sizes"),
        (blocks(), "block_sizes"),
        (Scheme(method="fixed_blocks", ratio=EVEN, block_sizes=(2, 4)), "block_sizes"),
        (Scheme(method="random_blocks", ratio=EVEN, block_sizes=(4,)), "block_sizes"),
        (stick(0), "imbalance_limit"),
        (stick(21), "imbalance_limit"),
        (Scheme(method="big_stick", ratio=EVEN), "imbalance_limit"),
    ],
)
def test_a_scheme_that_makes_no_order_is_named(scheme: Scheme, part: str) -> None:
    assert list(find_faults(scheme)) == [part]


def test_nobody_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="at least one patient"):
        share_guessed(SIMPLE, 0)
