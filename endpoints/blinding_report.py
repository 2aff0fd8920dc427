"""The report on guesses of the treatment: how many guessed what, and how far that is from chance. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from endpoints.counted import PRESENT
from endpoints.layout import (
    NOT_DEFINED,
    Behind,
    Column,
    GuessMade,
    Listing,
    PatientRow,
    Report,
    ReportInput,
    Section,
    Table,
)
from endpoints.statistics.blinding import BlindingIndex, Guesses, bang_index, james_index
from endpoints.wording import write_number
from trialsite.protocol.model import Arm, Phase

UNKNOWN = "do_not_know"
NO_ANSWER = "no_answer"
OTHER = "An answer the protocol no longer has"
WHO = {"patient": "Patients", "rater": "Raters"}
BANG = (
    "Bang's index of an arm is the share of right guesses minus the share of wrong ones: 0 is chance, 1 all right, -1 all wrong. Where patients of"
    " both arms believe in the treatment it is positive in the one arm and negative in the other."
)
NOTES = (
    BANG,
    "James' index weighs “do not know” as blinded: 1 is nobody knows, 0.5 chance, 0 all right. An upper limit below 0.5 speaks for a broken blind.",
    "A guess after the effect was felt measures the effect as well as the blind.",
)


def build_blinding(given: ReportInput) -> Report:
    """A section for each randomized phase and visit with guesses, by arm where the input has arms."""
    sections = [
        section for phase in given.protocol.phases if phase.is_randomized for section in _make_sections(phase, given)
    ]
    return Report(tuple(sections), NOTES, is_empty=not sections)


def _make_sections(phase: Phase, given: ReportInput) -> Iterator[Section]:
    members = {one.patient_id for one in given.participants if one.phase_number == phase.number}
    for visit in given.protocol.visits:
        made = [one for one in given.recorded.guesses if one.visit == visit.key and one.patient_id in members]
        if made:
            tables = tuple(_make_table(phase, visit.key, who, made, given) for who in WHO)
            yield Section(f"Phase {phase.number}, {visit.label}", tables=tables)


def _make_table(phase: Phase, visit_key: str, who: str, made: list[GuessMade], given: ReportInput) -> Table:
    arms = given.protocol.arms_of_phase(phase.number)
    key, visit = f"{who}-{visit_key.replace('_', '-')}", given.protocol.visit(visit_key).label
    guessed = [Column(f"Guessed {arm.label.lower()}", which=arm.key) for arm in arms]
    others = (Column("Do not know", which=UNKNOWN), Column("No answer", which=NO_ANSWER), Column("All", which=PRESENT))
    counted = (Column("", is_number=False), *guessed, *others)
    if given.arms is None:
        return Table(key, f"{WHO[who]}, {visit}, both arms together", counted, (("All", *_count(made, who, arms)),))
    rows, notes = _by_arm(made, who, arms, given)
    columns = (*counted, Column("Bang's index"), Column("95% CI"))
    behind = tuple(Behind("blinding", who, "", visit_key, arm.key) for arm in arms)
    return Table(key, f"{WHO[who]}, {visit}", columns, rows, notes, behind)


def list_guesses(
    given: ReportInput, numbers: Sequence[str], behind: Behind | None = None, which: str = ""
) -> Listing | None:
    """Who guessed what at which visit, of the patients with these numbers; `behind` and `which` for one number of a table.

    None for a number that there is not, and where no arms are known: the lines name them.
    """
    arms, protocol = given.arms, given.protocol
    known = {PRESENT, NO_ANSWER, UNKNOWN, *(arm.key for arm in protocol.arms)}
    if arms is None or (behind and not (_is_number(behind, given) and which in known)):
        return None
    shown = {one.patient_id: one.number for one in given.participants if one.number in set(numbers)}
    words = {arm.key: arm.label for arm in protocol.arms} | {UNKNOWN: "Do not know", "": NOT_DEFINED}
    rows = tuple(
        PatientRow(
            shown[one.patient_id],
            words[arms[one.patient_id]],
            (protocol.visit(one.visit).label, words.get(one.patient, OTHER), words.get(one.rater, OTHER)),
        )
        for one in given.recorded.guesses
        if one.patient_id in shown and one.patient_id in arms and (not behind or _is_counted(one, behind, which, arms))
    )
    headings = ("Visit", "Guess of the patient", "Guess of the rater")
    title = f"Guesses of the treatment, {WHO[behind.outcome].lower()}" if behind else "Guesses of the treatment"
    return Listing(title, tuple(Column(heading, is_number=False) for heading in headings), rows)


def _is_number(behind: Behind, given: ReportInput) -> bool:
    """Whether a table has numbers of this."""
    is_known = behind.visit in {one.visit for one in given.recorded.guesses} and behind.outcome in WHO
    return behind.part == "blinding" and is_known and behind.group in {arm.key for arm in given.protocol.arms}


def _is_counted(one: GuessMade, behind: Behind, which: str, arms: Mapping[UUID, str]) -> bool:
    answer = one.of(behind.outcome) or NO_ANSWER
    return one.visit == behind.visit and arms[one.patient_id] == behind.group and which in (PRESENT, answer)


def _by_arm(
    made: list[GuessMade], who: str, arms: tuple[Arm, ...], given: ReportInput
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    drawn = given.arms or {}
    of_arm = {arm.key: [one for one in made if drawn.get(one.patient_id) == arm.key] for arm in arms}
    answers = [_judge(of_arm[arm.key], who, arm.key) for arm in arms]
    rows = tuple(
        (arm.label, *_count(of_arm[arm.key], who, arms), *_write(bang_index(judged)))
        for arm, judged in zip(arms, answers, strict=True)
    )
    estimate, interval = _write(james_index(*answers) if len(answers) == 2 else None)
    return rows, (f"James' index over both arms: {estimate} (95% CI {interval}).",)


def _judge(made: Iterable[GuessMade], who: str, arm: str) -> Guesses:
    """Who gave no answer is not counted."""
    told = [one.of(who) for one in made if one.of(who)]
    right, unknown = told.count(arm), told.count(UNKNOWN)
    return Guesses(right=right, wrong=len(told) - right - unknown, unknown=unknown)


def _count(made: list[GuessMade], who: str, arms: tuple[Arm, ...]) -> tuple[str, ...]:
    told = [one.of(who) for one in made]
    answers = (*(arm.key for arm in arms), UNKNOWN, "")
    return (*(str(told.count(answer)) for answer in answers), str(len(told)))


def _write(index: BlindingIndex | None) -> tuple[str, str]:
    if index is None:
        return write_number(None), write_number(None)
    low, high = index.interval.low, index.interval.high
    return write_number(index.estimate), f"{write_number(low)} to {write_number(high)}"
