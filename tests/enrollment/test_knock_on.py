"""What one arm gives away is bounded from public facts; enumerating every order of small lists finds no worse case."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, permutations, product

import pytest

from enrollment.knock_on import bound_knock_on

Order = tuple[str, ...]
EVEN, UNEVEN, THREE = {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 1, "c": 1}


def block_orders(ratio: dict[str, int], times: tuple[int, ...], length: int) -> set[Order]:
    """Every beginning of this length of an order made of permuted blocks, each one of `times` times the ratio."""
    blocks = {
        block for m in times for block in permutations([arm for arm, share in ratio.items() for _ in range(m * share)])
    }
    found: set[Order] = set()
    growing: set[Order] = {()}
    while growing:
        grown = {order + block for order in growing for block in blocks}
        found |= {order[:length] for order in grown if len(order) >= length}
        growing = {order for order in grown if len(order) < length}
    return found


def stick_orders(limit: int, length: int) -> set[Order]:
    def stays(order: Order) -> bool:
        leads = [order[:n].count("a") - order[:n].count("b") for n in range(1, length + 1)]
        return max(map(abs, leads)) <= limit

    return {order for order in product("ab", repeat=length) if stays(order)}


def worst_cases(orders: set[Order], most_known: int) -> Iterator[tuple[int, int]]:
    """(arms known before, most other arms that one more gives away) over all orders and all choices of who is known."""
    length = len(next(iter(orders)))
    follows = {
        known: _what_follows(orders, known) for k in range(most_known + 2) for known in combinations(range(length), k)
    }
    for known_before in range(most_known + 1):
        worst = 0
        for known in combinations(range(length), known_before + 1):
            for one in known:
                fewer = tuple(n for n in known if n != one)
                worst = max(worst, *(len(follows[known][o] - follows[fewer][o] - {one}) for o in orders))
        yield known_before, worst


def _what_follows(orders: set[Order], known: tuple[int, ...]) -> dict[Order, set[int]]:
    """Order -> the places whose arm follows for somebody who knows the scheme and these places."""
    alike: dict[Order, list[Order]] = defaultdict(list)
    for order in orders:
        alike[tuple(order[n] for n in known)].append(order)
    places = range(len(next(iter(orders))))
    follows = {}
    for group in alike.values():
        certain = {n for n in places if len({order[n] for order in group}) == 1}
        follows.update(dict.fromkeys(group, certain))
    return follows


@pytest.mark.parametrize(
    ("ratio", "orders", "is_reached"),
    [
        (EVEN, block_orders(EVEN, (1,), 6), True),
        (EVEN, block_orders(EVEN, (2,), 8), True),
        (EVEN, block_orders(EVEN, (1, 2), 6), True),
        (UNEVEN, block_orders(UNEVEN, (1,), 6), True),
        (UNEVEN, block_orders(UNEVEN, (1, 2), 6), True),
        (THREE, block_orders(THREE, (1,), 6), True),
        (EVEN, stick_orders(1, 7), True),
        (EVEN, stick_orders(2, 7), False),
        (EVEN, stick_orders(3, 7), False),
        (EVEN, set(product("ab", repeat=6)), False),
    ],
    ids=["2", "4", "2 or 4", "3", "3 or 6", "three arms", "stick 1", "stick 2", "stick 3", "coin"],
)
def test_no_order_gives_more_away_than_the_bound(ratio: dict[str, int], orders: set[Order], is_reached: bool) -> None:
    bounds = {known: bound_knock_on(ratio, drawn=99, known=known).at_most for known in range(3)}
    found = dict(worst_cases(orders, 2))
    assert all(found[known] <= bounds[known] for known in found), (found, bounds)
    assert is_reached == any(found[known] == bounds[known] > 0 for known in found), (found, bounds)


def test_it_counts_who_is_left() -> None:
    alone = bound_knock_on(EVEN, drawn=1, known=0)
    assert (alone.at_most, alone.others, alone.drawn_at_most) == (1, 0, 0)
    later = bound_knock_on(EVEN, drawn=12, known=2)
    assert (later.at_most, later.others, later.drawn_at_most) == (3, 9, 3)
    assert bound_knock_on({"a": 1}, drawn=5, known=0).at_most == 0
