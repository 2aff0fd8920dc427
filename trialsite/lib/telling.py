"""Words that may tell an arm to somebody who must not know it, in the languages that trials of this kind are run in. Pure.

Each stem stands for its words with accents and without. Left out is what also says something ordinary: the swelling that is `gonfiore` or
`gonflement`, the bloating that is `ballonnement` or `inflado`, what is wide (`poszerzony`), the eyeball and the full bladder that are a `globo`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

_STEMS = (
    # English, and what several languages share
    r"sham|placebo|balloon|angioplast|venoplast|dilat|inflat|unblind|simulat|simulad|stent(?:s|ed|ing)?\b|pta\b|transluminal|fake|mock\b|pretend",
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
# Dilated, and no vessel: the stem is passed over where it is said of these next to it, with nothing but small words between.
_SMALL = r"(?:of|the|both|left|right|is|are|was|were|della|delle|dei|di|sono|des|de|les|sont|las|los|der|beider|sind|das|dos)"
_NO_VESSEL = re.compile(
    rf"\bdilat\w*(?=(?:\s+{_SMALL})*\s+(?:pupil|c?[ak]rdiom[iy]o))|(?:\bpupil\w*(?:\s+{_SMALL})*)\s+dilat\w*"
)
# Letters that are no letter with an accent.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O"})
# A hyphen within a word, also where the line ends after it: the two of ASCII and of typesetting, and that which breaks no line.
_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011](?:[ \t]*\r?\n[ \t]*)?(?=\w)")


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text in small plain letters, and where each of them stood in the text as it was written."""

    letters: str
    places: Sequence[int]

    def without_hyphens(self) -> "_Plain":
        gone = {i for hyphen in _HYPHEN.finditer(self.letters) for i in range(*hyphen.span())}
        kept = [i for i in range(len(self.letters)) if i not in gone]
        return _Plain("".join(self.letters[i] for i in kept), [self.places[i] for i in kept])

    def find(self, pattern: re.Pattern[str]) -> Iterator[range]:
        """Where each word stood, from its first letter to its last."""
        calm = {i for phrase in _NO_VESSEL.finditer(self.letters) for i in range(*phrase.span())}
        for one in pattern.finditer(self.letters):
            if not (one[0].startswith("dilat") and one.start() in calm):
                yield range(self.places[one.start()], self.places[one.end() - 1] + 1)


def find_telling_words(text: str, own: tuple[str, ...] = ()) -> list[str]:
    """The words of a text that its writer should think about, each once, in the order they stand.

    A word is found with accents and without, in wide letters and ligatures, with characters that nobody sees in it, and with a hyphen.
    `own`: beginnings of further words, such as the name of a device; upper case and accents do not matter.
    """
    pattern, whole = _make_pattern(own), _make_plain(text)
    found = list(whole.find(pattern))
    taken = {place for one in found for place in one}
    # A hyphen both joins what is one word and parts two: what was found with it stays as it is.
    found += [one for one in whole.without_hyphens().find(pattern) if taken.isdisjoint(one)]
    return list(dict.fromkeys(_show(text[one.start : one.stop]) for one in sorted(found, key=lambda one: one.start)))


@cache
def _make_pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    added = (re.escape(_make_plain(word).letters) for word in own)
    return re.compile(rf"\b(?:{'|'.join((*_STEMS, *added))})\w*")


def _make_plain(text: str) -> _Plain:
    letters = [(letter, place) for place, one in enumerate(text) for letter in _make_letters(one)]
    return _Plain("".join(letter for letter, _ in letters), [place for _, place in letters])


@lru_cache(maxsize=4096)
def _make_letters(one: str) -> str:
    """A character without what stands on or under it, in lower case: none for one that is not seen, several for a ligature."""
    plain = unicodedata.normalize("NFKD", one.translate(_PLAIN).lower())
    return "".join(letter for letter in plain if unicodedata.category(letter) not in ("Mn", "Me", "Cf"))


def _show(word: str) -> str:
    """The word as its writer knows it, accents and all, on one line and without what is not seen."""
    seen = "".join(letter for letter in word if unicodedata.category(letter) != "Cf")
    on_one_line = re.sub(r"(?<=[-\u2010\u2011])\s+", "", seen)
    return unicodedata.normalize("NFKC", on_one_line).lower()


def ask_to_think(words: Collection[str]) -> str:
    """What the writer of a text for blinded people is asked, once, before it is stored."""
    return (
        f"Blinded people read this, and these words may tell a treatment: {', '.join(words)}. "
        "Write it without them, or send it again as it is."
    )
