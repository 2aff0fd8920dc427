"""The monitor's part of the synthetic trial: questions about forms of the last days, one closed, one answered, one waiting."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.demo.people import People
from trialsite.queries.actions import act_on_query, open_query
from trialsite.queries.models import DataQuery
from trialsite.queries.rules import Act
from trialsite.records.models import FormStatus
from visits.actions.questions import target_of
from visits.crfs.registry import CRFS


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about the latest complete form of a kind; "" where nobody has answered or closed it yet."""

    asked_days_ago: int
    form: str
    field: str
    text: str
    answer: str = ""
    closing: str = ""


QUESTIONS = (
    Question(
        12,
        "vital_signs",
        "systolic_mmhg",
        "Was the pressure taken lying or sitting?",
        "Lying, after five minutes of rest.",
        "Thank you.",
    ),
    Question(
        8,
        "laboratory",
        "creatinine",
        "The laboratory report was not in the binder. Where is it?",
        "It came by mail and is filed now.",
    ),
    Question(5, "vital_signs", "heart_rate_bpm", "The source document shows two rates. Which one was entered?"),
)


def ask_questions(people: People, now: datetime) -> Iterator[datetime]:
    """Each act at its moment, as the courses of the patients are."""
    for question in QUESTIONS:
        yield now - timedelta(days=question.asked_days_ago)
        asked = _ask(question, people[Role.MONITOR])
        if asked is not None:
            yield from _go_on(asked, question, people)


def _ask(question: Question, monitor: User) -> DataQuery | None:
    definition = CRFS[question.form]
    found = definition.rows.filter(status=FormStatus.COMPLETE).select_related("patient", "visit")
    record = found.order_by("changed_at").last()
    if record is None:
        return None
    return open_query(target_of(definition, record, question.field), question.text, actor=actor_of(monitor))


def _go_on(asked: DataQuery, question: Question, people: People) -> Iterator[datetime]:
    steps = ((Act.ANSWER, question.answer, Role.COORDINATOR), (Act.CLOSE, question.closing, Role.MONITOR))
    for n, (act, text, role) in enumerate(steps, start=1):
        if text:
            yield asked.opened_at + timedelta(hours=20 * n)
            act_on_query(asked.pk, act, text, actor=actor_of(people[role]))
