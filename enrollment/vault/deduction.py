"""Which arms follow for certain from the scheme and the arms somebody was shown. Pure and exact: all orders the scheme can make are considered.

It takes the worst case of what the person knows: the scheme with its numbers, how long the list is, and who stands at which place. Where a
block begins is known only as far as it follows.
"""

from collections.abc import Mapping

from enrollment.vault.predictability import Counts, law_of
from enrollment.vault.schemes import Scheme

State = tuple[Counts, Counts]  # patients per arm so far (for the big stick alone), what is left of the block


def deduce(scheme: Scheme, length: int, known: Mapping[int, str]) -> dict[int, str]:
    """Place -> arm, for every place from 1 to `length` whose arm is the same in all orders that hold the `known` ones; those are left out.

    Raises `ValueError` where no order of the scheme holds what is known.
    """
    if scheme.method == "simple":
        return {}
    names = tuple(scheme.ratio)
    steps = _follow(scheme, length, known)
    alive = {state for state in _reached(steps, length, len(names)) if not scheme.block_sizes or not state[1]}
    if not alive:
        raise ValueError("no order of this scheme holds the arms that are known")
    found: dict[int, str] = {}
    for place in range(length, 0, -1):
        possible = {(before, arm) for before, arm, after in steps[place - 1] if after in alive}
        alive = {before for before, _ in possible}
        arms = {arm for _, arm in possible}
        if len(arms) == 1 and place not in known:
            found[place] = names[arms.pop()]
    return dict(sorted(found.items()))


Steps = list[list[tuple[State, int, State]]]


def _follow(scheme: Scheme, length: int, known: Mapping[int, str]) -> Steps:
    """At each place every way to go on that agrees with what is known: state before, arm, state after."""
    names = tuple(scheme.ratio)
    law, is_stick = law_of(scheme, tuple(scheme.ratio.values())), scheme.method == "big_stick"
    states: set[State] = {((0,) * len(names), ())}
    steps: Steps = []
    for place in range(1, length + 1):
        ways = [
            ((seen, left), arm, (_one_more(seen, arm) if is_stick else seen, after))
            for seen, left in states
            for arm, _, after in law(seen, left)
            if known.get(place, names[arm]) == names[arm]
        ]
        steps.append(ways)
        states = {after for _, _, after in ways}
    return steps


def _reached(steps: Steps, length: int, arms: int) -> set[State]:
    return {after for _, _, after in steps[-1]} if length else {((0,) * arms, ())}


def _one_more(counts: Counts, arm: int) -> Counts:
    return tuple(count + (place == arm) for place, count in enumerate(counts))
