"""Whether the codes of an uploaded list could tell anything: twice given, in an order, after a pattern, or a patient's number. Pure."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

Row = tuple[int, str, str, str]  # line of the file, code, arm, position; in the order of the list
Part = Callable[[str], object]
Told = tuple[int, str]  # line of the file, or 0 for all of them; what is wrong

CODE = r"[A-Z0-9](?:-?[A-Z0-9]){3,18}"


def check_codes(rows: Sequence[Row], patient_number: str) -> list[Told]:
    """Everything that is wrong with the codes; `patient_number` is the regular expression of the numbers of patients."""
    told = [*_check_each(rows, patient_number), *_check_twice(rows)]
    return told or [*_check_sequence(rows), *_check_against_arms(rows)]


def _check_each(rows: Sequence[Row], patient_number: str) -> Iterator[Told]:
    for number, code, _arm, _position in rows:
        if not code:
            yield number, "The code is missing; give every slot one, or leave the column away."
        elif re.fullmatch(patient_number, code):
            yield number, f"The code {code[:40]} has the form of a patient number."
        elif len(code) > 20 or not re.fullmatch(CODE, code):
            yield number, "A code has 4 to 20 characters: capital letters, digits, and single hyphens between them."


def _check_twice(rows: Sequence[Row]) -> Iterator[Told]:
    first: dict[str, int] = {}
    for number, code, _arm, _position in rows:
        if code and code in first:
            yield number, f"The code {code[:40]} stands twice, first in line {first[code]}."
        first.setdefault(code, number)


def _check_sequence(rows: Sequence[Row]) -> Iterator[Told]:
    codes = [code for _, code, _, _ in rows]
    if len(codes) > 3 and codes in (sorted(codes), sorted(codes, reverse=True)):
        yield (
            0,
            "The codes stand in the order of the list: they tell who came first, and help to guess what comes next.",
        )
        return
    counted = [re.sub(r"\D", "", code).lstrip("0") for code in codes]
    if [position for *_, position in rows] == counted:
        yield 0, "The number in each code is its position in the list."


def _check_against_arms(rows: Sequence[Row]) -> Iterator[Told]:
    for name, part in _parts(max(len(code) for _, code, _, _ in rows)):
        arms: dict[object, set[str]] = defaultdict(set)
        for _, code, arm, _ in rows:
            arms[part(code)].add(arm)
        # A part with few values that each go with one arm is a pattern; with as many values as slots it is chance.
        if len(arms) * 3 <= len(rows) and all(len(found) == 1 for found in arms.values()):
            yield 0, f"The codes tell the arm: {name} goes with it."
            return


def _parts(longest: int) -> Iterator[tuple[str, Part]]:
    yield "their length", len
    yield "whether they are even", lambda code: int(re.sub(r"\D", "", code) or 0) % 2
    for place in range(longest):
        yield f"character {place + 1}", partial(_character, place)
        yield f"character {place + 1} from the end", partial(_character, -place - 1)


def _character(place: int, code: str) -> str:
    return code[place] if -len(code) <= place < len(code) else ""
