"""How often somebody who knows the arms so far guesses the next one right, before a list is sealed. Pure; computed exactly, nothing is simulated.

The observer knows the scheme with all its numbers and how many patients came to each arm so far, and names the arm that is then the
likeliest, a tie being broken by a coin. At a ratio of 1:1 this is the convergence strategy (name the arm that lags behind), and
nobody who knows the past order guesses better; see D. Blackwell and J. L. Hodges, Ann. Math. Stat. 28 (1957) 449-460, whose
closed form for one block the tests hold this against.

The computation follows the joint distribution of what the observer sees (patients per arm so far) and what is hidden (what
is left in the current block) from one patient to the next.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from enrollment.vault.blocks import within_limit
from enrollment.vault.schemes import Scheme

Counts = tuple[int, ...]  # per arm, in the order of the ratio
Step = tuple[int, float, Counts]  # an arm, its probability, and what is hidden afterwards
Law = Callable[[Counts, Counts], Iterator[Step]]


def share_guessed(scheme: Scheme, patients: int) -> float:
    """The expected share of right guesses among the first `patients` patients of a stratum, from 0 to 1."""
    if patients < 1:
        raise ValueError("at least one patient is guessed")
    shares = tuple(scheme.ratio.values())
    if scheme.method == "simple":
        return max(shares) / sum(shares)
    return _follow(law_of(scheme, shares), len(shares), patients) / patients


def _follow(law: Law, arms: int, patients: int) -> float:
    """The expected number of right guesses."""
    joint: dict[tuple[Counts, Counts], float] = {((0,) * arms, ()): 1.0}
    right = 0.0
    for _ in range(patients):
        chances: dict[Counts, list[float]] = defaultdict(lambda: [0.0] * arms)
        following: dict[tuple[Counts, Counts], float] = defaultdict(float)
        for (seen, hidden), weight in joint.items():
            for arm, chance, left in law(seen, hidden):
                chances[seen][arm] += weight * chance
                following[_with_one_more(seen, arm), left] += weight * chance
        right += sum(max(of_arms) for of_arms in chances.values())
        joint = following
    return right


def law_of(scheme: Scheme, shares: Counts) -> Law:
    """What may come next, by patients per arm so far and what is left of the block: arm, its probability, what is then left of the block."""

    def next_of_stick(seen: Counts, _hidden: Counts) -> Iterator[Step]:
        allowed = within_limit(seen, shares, scheme.imbalance_limit or 1)
        total = sum(shares[arm] for arm in allowed)
        for arm in allowed:
            yield arm, shares[arm] / total, ()

    def next_of_blocks(_seen: Counts, left: Counts) -> Iterator[Step]:
        if left:
            yield from _next_in_block(left, 1.0)
            return
        for size in scheme.block_sizes:
            times = size // sum(shares)
            yield from _next_in_block(tuple(share * times for share in shares), 1 / len(scheme.block_sizes))

    return next_of_stick if scheme.method == "big_stick" else next_of_blocks


def _next_in_block(left: Counts, weight: float) -> Iterator[Step]:
    total = sum(left)
    for arm, count in enumerate(left):
        if count:
            rest = tuple(one - (place == arm) for place, one in enumerate(left))
            yield arm, weight * count / total, rest if total > 1 else ()


def _with_one_more(counts: Counts, arm: int) -> Counts:
    return tuple(count + (place == arm) for place, count in enumerate(counts))
