"""Units as people say them. Pure."""

_UNSAID = frozenset({"count", "grade", "choice"})
_OF_ONE = {
    "answers": "answer",
    "days": "day",
    "hours": "hour",
    "inflations": "inflation",
    "lesions": "lesion",
    "points": "point",
    "relapses": "relapse",
    "words": "word",
    "years": "year",
}


def say_unit(unit: str) -> str:
    """A unit as people say it: a count, a grade and the number of a choice have none."""
    return "" if unit in _UNSAID else unit


def say_with_unit(text: str, unit: str) -> str:
    """A number in words with its unit: 7 points, 1 point, and a grade bare."""
    said = say_unit(unit)
    return f"{text} {_OF_ONE.get(said, said) if text == '1' else said}".rstrip()


def without_unit(text: str, unit: str) -> str:
    """The number alone of what `say_with_unit` gave."""
    said = say_unit(unit)
    return text.removesuffix(f" {said}").removesuffix(f" {_OF_ONE.get(said, said)}") if said else text
