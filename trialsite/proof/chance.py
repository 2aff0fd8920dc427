"""Chance and time that fall alike in both worlds, so that tokens, new ids, codes and cookies need not be left out of what is compared.

Only for a process that works on a copy: nothing it makes must ever be secret.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from trialsite.lib.clock import now


@contextmanager
def held_chance(seed: str) -> Iterator[None]:
    """Inside the block everything that the operating system would draw by chance follows from `seed`, and its clock shows ours."""
    moment = now().timestamp()
    drawn = Random(seed).randbytes  # noqa: S311 - equal in both worlds is what it is for
    was = os.urandom, random._urandom, time.time  # type: ignore[attr-defined]  # where SystemRandom, and so secrets, gets its bytes
    os.urandom, random._urandom, time.time = drawn, drawn, lambda: moment  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.urandom, random._urandom, time.time = was  # type: ignore[attr-defined]
