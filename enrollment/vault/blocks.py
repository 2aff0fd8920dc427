"""How the order of arms is made: permuted blocks of random sizes, or the big stick. Pure; chance is handed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from trialsite.protocol.model import Allocation


@dataclass(frozen=True, slots=True)
class Sequenced:
    """The arms of one stratum in order, and the sizes of the blocks they came in (none without blocks)."""

    arms: tuple[str, ...]
    block_sizes: tuple[int, ...]


def make_sequence(allocation: Allocation, least: int, chance: Random) -> Sequenced:
    """At least `least` arms in order. The last block is always whole, so that the ratio holds at the end of each block."""
    if least < 1:
        raise ValueError("a stratum needs at least one slot")
    if allocation.method == "big_stick":
        return Sequenced(tuple(_follow_big_stick(allocation, least, chance)), ())
    return _fill_blocks(allocation, least, chance)


def _fill_blocks(allocation: Allocation, least: int, chance: Random) -> Sequenced:
    arms: list[str] = []
    sizes: list[int] = []
    while len(arms) < least:
        size = chance.choice(allocation.block_sizes)
        arms += permute_block(allocation.ratio, size, chance)
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


def _follow_big_stick(allocation: Allocation, length: int, chance: Random) -> list[str]:
    """A weighted coin, except where an arm would get further ahead of the hindmost than the limit."""
    arms: list[str] = []
    for _ in range(length):
        allowed = _within_limit(arms, allocation.ratio, allocation.imbalance_limit or 1)
        arms.append(chance.choices(allowed, weights=[allocation.ratio[arm] for arm in allowed])[0])
    return arms


def _within_limit(arms: Sequence[str], ratio: Mapping[str, int], limit: int) -> list[str]:
    # Counted in shares of the ratio: at 2:1, two of the first arm weigh as much as one of the second.
    shares = {arm: Fraction(arms.count(arm), share) for arm, share in ratio.items()}
    hindmost = min(shares.values())
    allowed = [arm for arm, share in ratio.items() if shares[arm] + Fraction(1, share) - hindmost <= limit]
    return allowed or [arm for arm in ratio if shares[arm] == hindmost]
