"""Words that may tell an arm to somebody who must not know it. Pure."""

import re

_TELLING = re.compile(r"\b(?:sham|placebo|balloon|angioplast|dilat|inflat|unblind)\w*", re.IGNORECASE)


def find_telling_words(text: str) -> list[str]:
    """The words of a text that its writer should think about, each once, in the order they stand."""
    return list(dict.fromkeys(word.lower() for word in _TELLING.findall(text)))
