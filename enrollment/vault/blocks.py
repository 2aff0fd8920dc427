"""How the order of arms is made, by the scheme that was chosen. Pure; chance is handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from enrollment.vault.schemes import Scheme, find_faults


@dataclass(frozen=True, slots=True)
class Sequenced:
    """The arms of one stratum in order, and the sizes of the blocks they came in (none without blocks)."""

    arms: tuple[str, ...]
    block_sizes: tuple[int, ...]


def make_sequence(scheme: Scheme, least: int, chance: Random) -> Sequenced:
    """At least `least` arms in order. The last block is always whole, so that the ratio holds at the end of each block."""
    if least < 1:
        raise ValueError("a stratum needs at least one slot")
    if faults := find_faults(scheme):
        raise ValueError(" ".join(faults.values()))
    if scheme.block_sizes:
        return _fill_blocks(scheme, least, chance)
    return Sequenced(tuple(_toss(scheme, least, chance)), ())


def _fill_blocks(scheme: Scheme, least: int, chance: Random) -> Sequenced:
    arms: list[str] = []
    sizes: list[int] = []
    while len(arms) < least:
        size = chance.choice(scheme.block_sizes)
        arms += permute_block(scheme.ratio, size, chance)
        sizes.append(size)
    return Sequenced(tuple(arms), tuple(sizes))


def permute_block(ratio: Mapping[str, int], size: int, chance: Random) -> list[str]:
    """One block in random order, with exactly the arms the ratio gives it."""
    times, rest = divmod(size, sum(ratio.values()))
    if rest or times < 1:
        raise ValueError(f"a block of {size} cannot hold the ratio {':'.join(map(str, ratio.values()))}")
    block = [arm for arm, share in ratio.items() for _ in range(share * times)]
    chance.shuffle(block)
    return block


def _toss(scheme: Scheme, length: int, chance: Random) -> list[str]:
    """A weighted coin for each; with a limit, except where an arm would get further ahead of the hindmost than that."""
    names, shares = tuple(scheme.ratio), tuple(scheme.ratio.values())
    counts = [0] * len(names)
    arms: list[str] = []
    for _ in range(length):
        limit = scheme.imbalance_limit
        allowed = range(len(names)) if limit is None else within_limit(counts, shares, limit)
        arm = chance.choices(allowed, weights=[shares[one] for one in allowed])[0]
        counts[arm] += 1
        arms.append(names[arm])
    return arms


def within_limit(counts: Sequence[int], shares: Sequence[int], limit: int) -> Sequence[int]:
    """Which arms the big stick lets come next, by their places in the ratio.

    Ahead and behind are counted in shares: at 2:1, two of the first arm weigh as much as one of the second.
    """
    had = [Fraction(count, share) for count, share in zip(counts, shares, strict=True)]
    hindmost = min(had)
    places = range(len(shares))
    allowed = [arm for arm in places if had[arm] + Fraction(1, shares[arm]) - hindmost <= limit]
    return allowed or [arm for arm in places if had[arm] == hindmost]
