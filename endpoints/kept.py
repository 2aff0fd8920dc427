"""What was computed from a snapshot, kept in the memory of this process: a snapshot never changes, nor does the code that runs."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

Made = TypeVar("Made")

MOST = 256
_kept: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


def recall(key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` gave for this key before, or gives now. The key names the snapshot by its digest, and everything else that counts."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]  # type: ignore[return-value]  # one key, one kind of thing
    made = make()
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made
