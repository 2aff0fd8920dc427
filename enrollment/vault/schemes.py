"""How an order of arms may be made, and what each way asks for. Pure.

The statistician chooses a scheme on the page of the list; it is kept encrypted with the list. Neither the protocol file nor
anything else that a blinded person can read holds one, for block sizes help to guess arms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["fixed_blocks", "random_blocks", "big_stick", "simple"]

METHOD_LABELS: dict[Method, str] = {
    "fixed_blocks": "Permuted blocks of one size",
    "random_blocks": "Permuted blocks, sizes by chance",
    "big_stick": "Big stick: a coin, except where an arm is too far ahead",
    "simple": "Simple: a coin for each patient",
}

LARGEST_BLOCK = 200
LARGEST_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to make an order. `ratio` is arm -> share; `imbalance_limit` counts in shares of the ratio."""

    method: Method
    ratio: Mapping[str, int] = field(hash=False)
    block_sizes: tuple[int, ...] = ()
    imbalance_limit: int | None = None

    @property
    def share_total(self) -> int:
        """The smallest block that holds the ratio."""
        return sum(self.ratio.values())

    @property
    def label(self) -> str:
        """The scheme in a few words."""
        if self.method == "big_stick":
            return f"Big stick, limit {self.imbalance_limit}"
        if self.method == "simple":
            return "Simple"
        sizes = " or ".join(map(str, self.block_sizes))
        return f"Blocks of {sizes}" + (" by chance" if len(self.block_sizes) > 1 else "")


def find_faults(scheme: Scheme) -> dict[str, str]:
    """Part of the scheme -> what is wrong with it; empty when an order can be made."""
    if scheme.method == "big_stick":
        limit = scheme.imbalance_limit
        is_fit = limit is not None and 1 <= limit <= LARGEST_LIMIT
        return {} if is_fit else {"imbalance_limit": f"Enter a limit from 1 to {LARGEST_LIMIT}."}
    return {} if scheme.method == "simple" else _find_faults_of_blocks(scheme)


def _find_faults_of_blocks(scheme: Scheme) -> dict[str, str]:
    sizes, total = scheme.block_sizes, scheme.share_total
    wrong = [size for size in sizes if size % total or not total <= size <= LARGEST_BLOCK]
    if wrong:
        said = f"A block of {wrong[0]} does not hold the ratio: take multiples of {total}, up to {LARGEST_BLOCK}."
    elif scheme.method == "fixed_blocks" and len(sizes) != 1:
        said = "Enter one block size."
    elif scheme.method == "random_blocks" and len(set(sizes)) < 2:
        said = f"Enter two block sizes or more, as {2 * total}, {3 * total}."
    else:
        return {}
    return {"block_sizes": said}


def list_alternatives(ratio: Mapping[str, int], patients: int) -> list[Scheme]:
    """The usual schemes for this ratio, to be compared before one is chosen; `patients` are expected in a stratum."""
    unit = sum(ratio.values())
    whole = -(-patients // unit) * unit
    wanted = [(unit,), (2 * unit,), (3 * unit,), (unit, 2 * unit, 3 * unit), (2 * unit, 3 * unit)]
    if 3 * unit < whole <= LARGEST_BLOCK:
        wanted.append((whole,))
    blocks = [
        Scheme(method="fixed_blocks" if len(sizes) == 1 else "random_blocks", ratio=ratio, block_sizes=sizes)
        for sizes in wanted
        if max(sizes) <= LARGEST_BLOCK
    ]
    sticks = [Scheme(method="big_stick", ratio=ratio, imbalance_limit=limit) for limit in (2, 3)]
    return [*blocks, *sticks, Scheme(method="simple", ratio=ratio)]
