"""Words that may tell an arm to somebody who must not know it. Pure."""

import re
from collections.abc import Collection

_TELLING = re.compile(r"\b(?:sham|placebo|balloon|angioplast|dilat|inflat|unblind)\w*", re.IGNORECASE)


def find_telling_words(text: str) -> list[str]:
    """The words of a text that its writer should think about, each once, in the order they stand."""
    return list(dict.fromkeys(word.lower() for word in _TELLING.findall(text)))


def ask_to_think(words: Collection[str]) -> str:
    """What the writer of a text for blinded people is asked, once, before it is stored."""
    return (
        f"Blinded people read this, and these words may tell a treatment: {', '.join(words)}. "
        "Write it without them, or send it again as it is."
    )
