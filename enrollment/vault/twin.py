"""Giving the slots of a list each other's arms, in a copy of the database that is thrown away afterwards.

It serves the proof that nothing blinded people receive depends on the arms (`trialsite.proof`). In the database of a trial
the triggers of the vault refuse it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from enrollment.vault import lists
from enrollment.vault.cipher import ARM_BYTES, close
from enrollment.vault.commitment import Head, Slot, commit
from enrollment.vault.lists import head_of, open_slots, place_of_slot, read_parameters
from enrollment.vault.models import AllocationList, AllocationSlot, Draw

TRIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """What became of the arms: new digest of a list -> its commitment, drawn patients, and how many of them have another arm now."""

    commitments: dict[str, str]
    drawn: int
    changed: int


def exchange_arms(chance: Random) -> Exchanged:
    """Permute the arms of every list within its strata, so that as many drawn patients as chance allows get another one."""
    drawn = set(Draw.objects.values_list("slot_id", flat=True))
    commitments: dict[str, str] = {}
    changed = 0
    for found in AllocationList.objects.all():
        rows = list(AllocationSlot.objects.filter(stratum__list=found).select_related("stratum").order_by("pk"))
        before = open_slots(found)
        after = _permute(before, [row.pk in drawn for row in rows], chance)
        for row, old, new in zip(rows, before, after, strict=True):
            if old.arm != new.arm:
                changed += row.pk in drawn
                sealed = close(new.arm, place_of_slot(found.id, row), size=ARM_BYTES)
                AllocationSlot.objects.filter(pk=row.pk).update(sealed_arm=sealed)
        commitments[_commit_anew(found, after)] = found.commitment
    return Exchanged(commitments=commitments, drawn=len(drawn), changed=changed)


def _permute(slots: Sequence[Slot], are_drawn: Sequence[bool], chance: Random) -> list[Slot]:
    """The best of some permutations of each stratum: most drawn slots get another arm."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, slot in enumerate(slots):
        places[slot.stratum].append(place)
    arms = [slot.arm for slot in slots]
    for own in places.values():
        before = [arms[place] for place in own]
        tries = [chance.sample(before, len(before)) for _ in range(TRIES)]
        weights = [are_drawn[place] for place in own]
        best = max(tries, key=lambda made: _score(before, made, weights))
        for place, arm in zip(own, best, strict=True):
            arms[place] = arm
    return [Slot(slot.stratum, slot.position, arm, slot.code) for slot, arm in zip(slots, arms, strict=True)]


def _score(before: Sequence[str], after: Sequence[str], weights: Sequence[bool]) -> tuple[int, int]:
    differs = [old != new for old, new in zip(before, after, strict=True)]
    return sum(one for one, weight in zip(differs, weights, strict=True) if weight), sum(differs)


def _commit_anew(found: AllocationList, slots: Sequence[Slot]) -> str:
    return commit(head_of(found, read_parameters(found)["salt"]), slots)


@contextmanager
def holding_commitments(exchanged: Exchanged) -> Iterator[None]:
    """Inside the block an exchanged list gives the commitment of the list that it was: it can be drawn from, and looks the same in public."""

    def commit_as_before(head: Head, slots: Iterable[Slot]) -> str:
        made = commit(head, slots)
        return exchanged.commitments.get(made, made)

    verifying: Any = lists  # whoever draws or verifies asks there
    was, verifying.commit = verifying.commit, commit_as_before
    try:
        yield
    finally:
        verifying.commit = was
