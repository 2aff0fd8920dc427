"""Guesses of the treatment: how many guessed what, and how far that is from chance."""

from collections.abc import Iterator, Mapping

from endpoints.behind import name_behind
from endpoints.chapter import Chapter, Summaries
from endpoints.counted import EVENT, MISSING, PRESENT
from endpoints.derivations.groups import Grouping
from endpoints.derivations.guesses import UNKNOWN, WHO, derive_guesses
from endpoints.families.answers import ANSWER, name_answer
from endpoints.families.blinding import GUESS
from endpoints.layout import Column, Section, Table
from endpoints.material import Material
from endpoints.plan import name_arm, name_visit
from endpoints.summaries import summarize_guesses
from endpoints.tables import About, Cube, Effect, Number, make_comparison_tables
from endpoints.wording import write_count

FORM = "blinding_guess"
WORDS = {UNKNOWN: "Do not know"}
_WHO = dict(zip(WHO, ("Patients", "Raters"), strict=True))
BANG = (
    "Bang's index of an arm is the share of right guesses minus the share of wrong ones: 0 is chance, 1 all right, -1 all wrong. Where patients of"
    " both arms believe in the treatment it is positive in the one arm and negative in the other."
)
JAMES = (
    "James' index weighs “do not know” as blinded: 1 is nobody knows, 0.5 chance, 0 all right. An upper limit below 0.5 speaks for a broken"
    " blind."
)
FELT = "A guess after the effect was felt measures the effect as well as the blind."
INDICES, ALWAYS = (BANG, JAMES), (FELT,)
"""Notes: on the indices, which need arms, and for everybody."""
_COUNTS = (Number("Answered", "n", write_count), Number("No answer", "n_missing", write_count))
_INDEX = (Number("Bang's index", "bang"), Number("95 % lower", "bang_lo"), Number("95 % upper", "bang_hi"))
_CHOSEN = Number("", "x", write_count)
_EFFECTS = (Effect("James' index", "james", ("james_lo", "james_hi"), ()),)


def _summarize(material: Material) -> Summaries:
    given = material.given
    table = derive_guesses(material.facts, given.recorded, given.protocol)
    return (summarize_guesses(table, material.grouping, _list_answers(material), _list_visits(material)),)


def _list_answers(material: Material) -> dict[str, str]:
    """What can be guessed, by the name that facts have for it."""
    protocol = material.given.protocol
    arms = [arm for phase in protocol.phases if phase.is_randomized for arm in protocol.arms_of_phase(phase.number)]
    return {name_arm(arm): arm.label for arm in arms} | WORDS


def _list_visits(material: Material) -> list[str]:
    asked = (one for one in material.given.protocol.visits if any(due.form == FORM for due in one.forms))
    return [name_visit(one.key) for one in asked]


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    """A section for each visit with guesses; the indices where there are arms."""
    grouping, (summary,) = material.grouping.leave_out_open(), summaries
    if grouping is None:
        return
    asked = set(summary.patients["visit"])
    for visit in (one for one in _list_visits(material) if one in asked):
        yield Section(material.label_visit(visit), tables=tuple(_make_tables(material, Cube(summary), visit, grouping)))


def _make_tables(material: Material, cube: Cube, visit: str, grouping: Grouping) -> Iterator[Table]:
    label, answers = material.label_visit(visit), _list_answers(material)
    for who, words in _WHO.items():
        together = "" if grouping.comparisons else ", both arms together"
        caption = f"{words}, {label}{together}"
        yield _make_table(f"{who}-{visit}", caption, cube, About("", who, visit, GUESS), answers, grouping)
    lines = [About(words, who, visit, GUESS) for who, words in _WHO.items()]
    yield from make_comparison_tables(f"both-{visit}", label, cube, lines, grouping, _EFFECTS)


def _make_table(
    key: str, caption: str, cube: Cube, about: About, answers: Mapping[str, str], grouping: Grouping
) -> Table:
    """One row for each group: how many gave which answer, and where it has an arm how far that is from chance."""
    index = _INDEX if grouping.comparisons else ()
    asked = [About("", name_answer(about.outcome, answer), about.visit, ANSWER) for answer in answers]
    columns = (
        Column("Group", is_number=False),
        *(
            Column(_head(answer, words), which=EVENT, at=(("outcome", one.outcome), ("analysis", ANSWER)))
            for (answer, words), one in zip(answers.items(), asked, strict=True)
        ),
        *(Column(one.heading, which=which) for one, which in zip(_COUNTS, (PRESENT, MISSING), strict=True)),
        *(Column(one.heading) for one in index),
    )
    rows, behind = [], []
    for group in grouping.groups:
        found = cube.at(about, group.key)
        chosen = (_CHOSEN.print(cube.at(one, group.key)) for one in asked)
        rows.append((group.label, *chosen, *(one.print(found) for one in (*_COUNTS, *index))))
        behind.append(name_behind(found["n"]))
    return Table(key, caption, columns, tuple(rows), behind=tuple(behind))


def _head(answer: str, words: str) -> str:
    return words if answer == UNKNOWN else f"Guessed {words.lower()}"


BLINDING = Chapter(_summarize, _lay_out)
