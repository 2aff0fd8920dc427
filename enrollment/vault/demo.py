"""A list for the synthetic trial, whose published totals need as many patients on one arm as the ratio says."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence

from django.conf import settings

from enrollment.strata import WHOLE_TRIAL
from enrollment.vault.blocks import make_sequence
from enrollment.vault.lists import allocation_of, describe_scheme, seal_list, store_list, to_slots
from enrollment.vault.models import AllocationList
from enrollment.vault.refusal import VaultRefusedError
from enrollment.vault.schemes import Scheme
from trialsite.accounts.actor import Actor
from trialsite.protocol.model import Phase, Protocol


def seal_demo_list(phase: Phase, protocol: Protocol, *, slots: int, even_after: int, actor: Actor) -> AllocationList:
    """Generate and seal a list, without strata, whose first `even_after` slots hold the ratio exactly. Never in production.

    Which patient gets which arm stays chance; only orders that break off within a block at that place are left out.
    """
    if settings.IS_PRODUCTION:
        raise VaultRefusedError("This list is for the demonstration only.")
    # Two and three times the smallest block. A demo has nothing to hide; a trial chooses its own scheme, and keeps it in the vault.
    ratio, chance = allocation_of(phase).ratio, secrets.SystemRandom()
    unit = sum(ratio.values())
    scheme = Scheme(method="random_blocks", ratio=ratio, block_sizes=(2 * unit, 3 * unit))
    while True:
        drawn = {WHOLE_TRIAL: make_sequence(scheme, slots, chance)}
        if _is_even(drawn[WHOLE_TRIAL].arms[:even_after], ratio):
            break
    made = store_list(phase, protocol, to_slots(drawn), describe_scheme(scheme, drawn), actor=actor)
    seal_list(made.id, protocol, actor=actor)
    return made


def _is_even(arms: Sequence[str], ratio: Mapping[str, int]) -> bool:
    count, total = Counter(arms), sum(ratio.values())
    return all(count[arm] * total == len(arms) * share for arm, share in ratio.items())
