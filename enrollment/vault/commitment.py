"""The commitment to a list: SHA-256 over a plain text that anybody can read and hash again once the list is released. Pure.

The text, in UTF-8 with a line feed after each line:

    trialsite allocation list, format 1
    list <id>
    protocol <SHA-256 of the protocol file>
    phase <number>
    made in <production or demo>
    salt <64 hexadecimal digits>
    <stratum> TAB <position> TAB <arm>        one line a slot, by stratum and position

A list that brought codes of its own is format 2: its lines are <stratum> TAB <position> TAB <code> TAB <arm>.

The salt keeps anybody from trying all short lists until one gives the published digest.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One line of the list, in the clear."""

    stratum: str
    position: int
    arm: str
    code: str = ""

    def to_line(self) -> str:
        cells = (self.stratum, str(self.position), *((self.code,) if self.code else ()), self.arm)
        return "\t".join(cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What identifies a list."""

    list_id: str
    protocol_digest: str
    phase_number: int
    made_in: str
    salt: str


def to_canonical_text(head: Head, slots: Iterable[Slot]) -> str:
    in_order = sorted(slots)
    lines = [
        f"trialsite allocation list, format {2 if any(slot.code for slot in in_order) else 1}",
        f"list {head.list_id}",
        f"protocol {head.protocol_digest}",
        f"phase {head.phase_number}",
        f"made in {head.made_in}",
        f"salt {head.salt}",
        *(slot.to_line() for slot in in_order),
    ]
    return "".join(f"{line}\n" for line in lines)


def commit(head: Head, slots: Iterable[Slot]) -> str:
    """The commitment in hexadecimal."""
    return hashlib.sha256(to_canonical_text(head, slots).encode()).hexdigest()


def digest_order(slots: Iterable[Slot]) -> str:
    """The SHA-256 of the bare order of arms: equal for the same list wherever it was made. Short lists can be found out from it."""
    lines = (f"{slot.stratum}\t{slot.position}\t{slot.arm}\n" for slot in sorted(slots))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
