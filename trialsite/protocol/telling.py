"""Words that may tell an arm in this trial: those known everywhere, and those that its protocol file adds."""

from trialsite.lib.telling import find_telling_words
from trialsite.protocol.current import get_protocol


def find_telling(text: str) -> list[str]:
    """The words of a text that its writer should think about, each once, in the order they stand."""
    return find_telling_words(text, get_protocol().telling_words)
