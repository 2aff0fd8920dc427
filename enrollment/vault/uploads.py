"""Taking a list that was made elsewhere."""

import hashlib
from collections.abc import Sequence

from enrollment.strata import LONGEST_STRATUM, list_strata
from enrollment.vault.commitment import Slot
from enrollment.vault.lists import UPLOADED, allocation_of, refuse_second_seal, store_list
from enrollment.vault.models import AllocationSlot, Draw
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.upload import Fault, Wanted, read_list, tell_balance
from enrollment.vault.used import refuse_used
from trialsite.accounts.actor import Actor
from trialsite.protocol.model import Phase, Protocol


class UnfitListError(Exception):
    """The file has faults, all of them named; nothing was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(f"{len(self.faults)} faults")


def take_upload(phase: Phase, protocol: Protocol, content: bytes, *, actor: Actor) -> str:
    """Encrypt and keep the list in a CSV file, not sealed yet; say how its slots are spread over the arms.

    Raises `UnfitListError` with every fault. The file itself is kept nowhere, only its digest.
    """
    refuse_second_seal(phase.number)
    slots = read_upload(phase, protocol, content)
    if faults := [*_find_used(slots), *_find_given_codes(slots)]:
        raise UnfitListError(faults)
    ratio = dict(allocation_of(phase).ratio)
    parameters = {"method": UPLOADED, "ratio": ratio, "SHA-256 of the file": hashlib.sha256(content).hexdigest()}
    store_list(phase, protocol, slots, parameters, actor=actor)
    labels = " to ".join(protocol.arm(arm).label for arm in ratio)
    return f"{len(slots)} slots; {labels}: {'; '.join(tell_balance(slots, ratio))}."


def read_upload(phase: Phase, protocol: Protocol, content: bytes) -> list[Slot]:
    """The slots in a CSV file, or `UnfitListError`."""
    asked = allocation_of(phase)
    wanted = Wanted(
        strata=list_strata(asked, protocol),
        ratio=asked.ratio,
        planned=phase.planned_n,
        longest_stratum=LONGEST_STRATUM,
        patient_number="|".join(f"(?:{one.patient_number_regex})" for one in protocol.phases),
    )
    slots, faults = read_list(content, wanted)
    if faults:
        raise UnfitListError(faults)
    return slots


def _find_used(slots: Sequence[Slot]) -> list[Fault]:
    try:
        refuse_used(slots)
    except VaultRefusedError as refused:
        return [Fault(0, "", str(refused))]
    return []


def _find_given_codes(slots: Sequence[Slot]) -> list[Fault]:
    """Codes that patients have, or that slots of a sealed list will give them."""
    codes = [slot.code for slot in slots if slot.code]
    given = set(Draw.objects.filter(code__in=codes).values_list("code", flat=True))
    sealed = AllocationSlot.objects.filter(code__in=codes, stratum__list__seal__isnull=False)
    given |= set(sealed.values_list("code", flat=True))
    return [Fault(0, "code", f"The code {code} was given by a list before.") for code in sorted(given)]
