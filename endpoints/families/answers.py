"""Questions with a few answers: how many gave which, by group, and whether the answers go with the arm."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from endpoints.derivations.groups import Grouping
from endpoints.families.shared import EMPTY_ARM, summarize_proportions
from endpoints.families.topics import Rows, Topic
from endpoints.statistics.freeman_halton import compute_freeman_halton

ANSWER = "answer"
"""The analysis of these rows."""
MOST_ANSWERS = 7
"""More would take too long to enumerate while somebody waits for the page."""
TOO_MANY = f"More than {MOST_ANSWERS} answers are not tested."


def name_answer(question: str, answer: str) -> str:
    """The outcome of rows about one answer to a question."""
    return f"{question}={answer}"


def summarize_answers(topic: Topic, table: pd.DataFrame, answers: Mapping[str, str], grouping: Grouping) -> Rows:
    """Patients by answer, of those who gave one; the outcome of the topic is the question and the column of the answers.

    `answers` are known from the table or from the form, with their words. Where two arms are compared, each answer carries the p of
    its whole question.
    """
    told = table[table[topic.outcome].notna()]
    for answer, words in answers.items():
        about = replace(
            topic,
            outcome=name_answer(topic.outcome, answer),
            label=f"{topic.label}: {words}",
            unit="patients",
            analysis=ANSWER,
        )
        yield from summarize_proportions(about, told.assign(is_event=told[topic.outcome] == answer), grouping)
        yield from _test_question(about, told, topic.outcome, grouping)


def _test_question(about: Topic, told: pd.DataFrame, question: str, grouping: Grouping) -> Rows:
    for comparison in grouping.comparisons:
        first, second = (arm.select(told)[question] for arm in (comparison.active, comparison.reference))
        places = {answer: float(place) for place, answer in enumerate({*first, *second})}
        is_tested = len(places) <= MOST_ANSWERS
        p = compute_freeman_halton(first.map(places), second.map(places)) if is_tested else None
        note = TOO_MANY if not is_tested else "" if len(first) and len(second) else EMPTY_ARM
        yield from about.about(comparison.key, len(first) + len(second)).write({"question_p": p}, note)
