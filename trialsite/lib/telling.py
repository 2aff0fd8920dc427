"""Words that may tell an arm to somebody who must not know it, in the languages that trials of this kind are run in. Pure.

Each stem stands for its words with accents and without. Left out is what also says something ordinary: the swelling that is `gonfiore` or
`gonflement`, the bloating that is `ballonnement` or `inflado`, what is wide (`poszerzony`), the eyeball and the full bladder that are a `globo`.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

_STEMS = (
    # English, and what several languages share
    r"sham|placebo|balloon|angioplast|venoplast|dilat|inflat|unblind|simulat|simulad",
    # Italian
    r"palloncin|gonfiagg|fint[aeio]\b|smascher",
    # French; German for its first word too
    r"ballon(?!nem|ne(?:e?s?)\b)|gonflag|simul(?:acre|ee?s?\b)|ficti(?:f|v)",
    # German
    r"schein(?:angio|behandl|eingriff|interven|operat|prozed|therap|verfahr)|auf(?:ge)?dehn|aufblas|entblind|\w+(?:angioplast|ballon)",
    # Spanish, Portuguese
    r"globos?\b(?!\s+(?:ocular|palido|vesical))|balon|balao|baloes|insufla|fictici|desenmascar|descega|desmascar",
    # Polish
    r"pozorowan|symulowan|odslepi|rozslepi",
)
# Letters that are no letter with an accent; each takes one place, so that a word is found in the text as it was written.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O"})


def find_telling_words(text: str, own: tuple[str, ...] = ()) -> list[str]:
    """The words of a text that its writer should think about, each once, in the order they stand.

    `own`: beginnings of further words, such as the name of a device; upper case and accents do not matter.
    """
    whole = unicodedata.normalize("NFC", text)
    found = _make_pattern(own).finditer(_drop_accents(whole))
    return list(dict.fromkeys(whole[one.start() : one.end()].lower() for one in found))


@cache
def _make_pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    added = (re.escape(_drop_accents(unicodedata.normalize("NFC", word))) for word in own)
    return re.compile(rf"\b(?:{'|'.join((*_STEMS, *added))})\w*")


def _drop_accents(whole: str) -> str:
    return "".join(map(_drop_accent, whole))


def _drop_accent(letter: str) -> str:
    """The letter without what stands on or under it, in lower case; always one character."""
    return unicodedata.normalize("NFD", letter.translate(_PLAIN))[0].lower()[:1]


def ask_to_think(words: Collection[str]) -> str:
    """What the writer of a text for blinded people is asked, once, before it is stored."""
    return (
        f"Blinded people read this, and these words may tell a treatment: {', '.join(words)}. "
        "Write it without them, or send it again as it is."
    )
