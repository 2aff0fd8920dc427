"""Asking the same in two worlds, and what came out."""

import pickle
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from random import Random
from typing import IO

from django.conf import settings
from django.db import transaction
from django.test.utils import override_settings

from enrollment.vault.twin import holding_commitments
from trialsite.jobs.work import BENCH, Maker, register
from trialsite.lib.clock import held_at, now
from trialsite.lib.options import EVERYONE
from trialsite.management.addresses import list_addresses
from trialsite.management.makers import MAKERS
from trialsite.proof.asking import Answer, People, Question, ask, ask_as_it_is
from trialsite.proof.compare import Difference, find_differences
from trialsite.proof.people import APART, KNOWING, find_old_hands, make_people, names_asking
from trialsite.proof.samples import make_samples
from trialsite.proof.service import Service
from trialsite.proof.twin import Twin, make_twin
from trialsite.proof.walk import Ask, Asked, Depth, walk

MOST_TOLD = 200
EVERYBODY = tuple(names_asking())
ELSEWHERE = " at the other address"  # where two processes keep the sides apart
Progress = Callable[[int], object]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What was asked and compared. `seen_by` counts what the people who may know arms found different: the proof could have found something."""

    twin: Twin | None = None
    questions: Counter[str] = field(default_factory=Counter)
    views: dict[str, Counter[int]] = field(
        default_factory=dict
    )  # name of an address -> how often it answered with which status
    size: int = 0
    differences: list[Difference] = field(default_factory=list)
    differing: int = 0
    seen_by: Counter[str] = field(default_factory=Counter)

    def note(self, question: Question, answer: Answer) -> None:
        self.questions[question.person] += 1
        self.views.setdefault(answer.view, Counter())[answer.status] += 1
        self.size += len(answer.body) + len(answer.file)

    def differ(self, found: list[Difference]) -> None:
        self.differing += bool(found)
        self.differences += found[: MOST_TOLD - len(self.differences)]


class Ledger:
    """Questions and answers of the one world, kept in a file, for there may be more than memory holds."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, asked: Asked) -> None:
        packed = zlib.compress(pickle.dumps(asked), 1)
        self._file.write(len(packed).to_bytes(8, "big") + packed)

    def read(self) -> Iterator[Asked]:
        self._file.seek(0)
        while head := self._file.read(8):
            asked: Asked = pickle.loads(zlib.decompress(self._file.read(int.from_bytes(head, "big"))))  # noqa: S301 - written above
            yield asked


def compare_worlds(
    depth: Depth,
    chance: Random,
    on_question: Progress = lambda n: None,
    makers: Mapping[str, Maker] = MAKERS,
) -> Outcome:
    """Ask everything in the world as it is, turn it into its other world, and ask it all again. Everything is rolled back.

    `makers` make the files that people ask for; what no maker is given for is asked for and not made.
    """
    with ready_to_ask(makers) as people:
        for name, user in find_old_hands(depth.old_hands).items():
            # Before anything is asked, for pages tell who signed in. Who may not sign in as things stand is passed over.
            people.add(name, user)
        asking = names_asking()
        others = [name for name in people.names if name not in {*asking, *KNOWING}]
        questions = _Questions(partial(ask, people), asking, others, depth)
        return _compare(questions, partial(other_world, chance), on_question)


def compare_services(
    blinded: Service,
    unblinded: Service,
    depth: Depth,
    chance: Random,
    on_question: Progress = lambda n: None,
    names: Sequence[str] = EVERYBODY,
) -> Outcome:
    """The same where two processes keep the sides apart: whoever must not learn an arm (`names` of them) asks everything at the own process, which
    for the admin is the one with the key, and every address once at the other; who may know arms asks there.

    The database is turned and stays turned: it must be a copy that is thrown away.
    """

    def ask_there(question: Question) -> Answer:
        name, is_elsewhere, _ = question.person.partition(ELSEWHERE)
        service = unblinded if bool(is_elsewhere) != (name in APART) else blinded
        return service.ask(replace(question, person=name))

    @contextmanager
    def turned() -> Iterator[Twin]:
        with transaction.atomic():
            twin = make_twin(chance)
        unblinded.hold(twin.arms)
        yield twin

    questions = _Questions(ask_there, names, [f"{name}{ELSEWHERE}" for name in names], depth)
    return _compare(questions, turned, on_question)


@dataclass(frozen=True)
class _Questions:
    """What is asked, and where: `names` ask everything, `others` open addresses only."""

    ask: Ask
    names: Sequence[str]
    others: Sequence[str]
    depth: Depth

    def put_all(self) -> Iterator[Asked]:
        for place, person in enumerate(self.names):
            self.ask(Question(person, "get", "/"))  # what is prepared once per process is there from now on
            yield from walk(person, place, self.ask, self.depth)
        for person in self.others:
            for address in list_addresses():
                if not address.arguments or person.endswith(ELSEWHERE):
                    question = Question(person, "get", make_samples(address, 1)[0])
                    yield question, self.ask(question)

    def put_to_who_knows(self) -> Iterator[Asked]:
        """What the people ask who may know arms: they must find the worlds different, or nothing was compared."""
        for address in list_addresses():
            for url in make_samples(address, 1):
                for person in () if url.startswith(tuple(self.depth.one_reader)) else map(str, KNOWING):
                    question = Question(person, "get", url)
                    yield question, self.ask(question)


def _compare(
    questions: _Questions, turned: Callable[[], AbstractContextManager[Twin]], on_question: Progress
) -> Outcome:
    """Put all questions, turn the world, and put them again."""
    outcome = Outcome()
    with tempfile.TemporaryFile() as file:
        ledger = Ledger(file)
        for asked in questions.put_all():
            ledger.add(asked)
            outcome.note(*asked)
            on_question(1)
        control = list(questions.put_to_who_knows())
        with turned() as outcome.twin:
            for question, answer in ledger.read():
                outcome.differ(find_differences(question, answer, questions.ask(question)))
                on_question(1)
            for question, answer in control:
                outcome.seen_by[question.person] += bool(find_differences(question, answer, questions.ask(question)))
    return outcome


def compare_questions(questions: list[Question], chance: Random) -> Outcome:
    """Ask these questions only, one after the other with whatever one leaves for the next in the memory of the process."""
    outcome = Outcome()
    asking = names_asking()
    with ready_to_ask() as people:
        before = [ask_as_it_is(people, question) for question in questions]
        with other_world(chance) as outcome.twin:
            after = [ask_as_it_is(people, question) for question in questions]
        for question, answer, other in zip(questions, before, after, strict=True):
            found = find_differences(question, answer, other)
            outcome.note(question, answer)
            if question.person in asking:
                outcome.differ(found)
            else:
                outcome.seen_by[question.person] += bool(found)
    return outcome


@contextmanager
def other_world(chance: Random) -> Iterator[Twin]:
    """Inside the block the database is its twin, and looks as public as before."""
    twin = make_twin(chance)
    with holding_commitments(twin.arms):
        yield twin


@contextmanager
def ready_to_ask(makers: Mapping[str, Maker] = MAKERS) -> Iterator[People]:
    """Everything stands still, everybody is there, the worker is at hand, and nothing leaves; what happens inside is rolled back."""
    with override_settings(SERVES=EVERYONE), standing_still(now(), makers), transaction.atomic():
        people = People(accounts := make_people())
        if missing := accounts.keys() - people.at_home:
            raise RuntimeError(f"{sorted(missing)} could not be signed in, so nothing would be compared")
        yield people
        transaction.set_rollback(True)


@contextmanager
def standing_still(moment: datetime, makers: Mapping[str, Maker]) -> Iterator[None]:
    """It is always `moment`, the worker is at hand, and nothing leaves."""
    was = BENCH.makers, BENCH.worker
    with (
        override_settings(
            ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"],
            REQUIRES_SECOND_FACTOR=False,  # of the accounts made here, that is
            EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        ),
        held_at(moment),
    ):
        register(makers)
        try:
            yield
        finally:
            register(*was)
