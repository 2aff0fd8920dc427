"""Guesses of the treatment: how many guessed what, and how far that is from chance."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from endpoints.derivations.groups import Group, Grouping
from endpoints.derivations.guesses import UNKNOWN, WHO
from endpoints.families.answers import summarize_answers
from endpoints.families.topics import Rows, Topic, name_groups
from endpoints.results import BANG, JAMES, read_values
from endpoints.rows import Summary
from endpoints.statistics.blinding import Guesses, bang_index, james_index

GUESS = "guess"
"""The analysis of rows about all guesses together."""
NOBODY = "Nobody answered."
NO_JAMES = "Nobody of an arm answered, or all guessed the same."
_LABELS = {"patient": "Guesses of the patients", "rater": "Guesses of the raters"}


def summarize_guesses(
    table: pd.DataFrame, grouping: Grouping, answers: Mapping[str, str], visits: Sequence[str]
) -> Summary:
    """Guesses (see `derive_guesses`) at these visits of the groups that are blinded; the indices by arm only.

    `answers` are those that can be given, with their words.
    """
    blinded = grouping.leave_out_open()
    rows = tuple(_summarize(table, blinded, answers, visits)) if blinded else ()
    return Summary("blinding", rows, name_groups(table, blinded, ["visit", *WHO]))


def _summarize(table: pd.DataFrame, grouping: Grouping, answers: Mapping[str, str], visits: Sequence[str]) -> Rows:
    for visit in visits:
        asked = table[table["visit"] == visit]
        for who in WHO:
            topic = Topic("blinding", who, _LABELS[who], "", GUESS, visit)
            yield from summarize_answers(topic, asked, answers, grouping)
            yield from _judge_groups(topic, asked, grouping)
            yield from _judge_comparisons(topic, asked, grouping)


def _judge_groups(topic: Topic, asked: pd.DataFrame, grouping: Grouping) -> Rows:
    for group in grouping.groups:
        told = group.select(asked)[topic.outcome]
        context = topic.about(group.key, int(told.notna().sum()))
        yield from replace(context, unit="patients").write({"n": told.notna().sum(), "n_missing": told.isna().sum()})
        if group.arm is not None:
            yield from context.write(read_values(bang_index(_judge(told, group)), BANG), "" if context.n else NOBODY)


def _judge_comparisons(topic: Topic, asked: pd.DataFrame, grouping: Grouping) -> Rows:
    for comparison in grouping.comparisons:
        first, second = (
            _judge(arm.select(asked)[topic.outcome], arm) for arm in (comparison.active, comparison.reference)
        )
        found = james_index(first, second)
        context = topic.about(comparison.key, first.total + second.total)
        yield from context.write(read_values(found, JAMES), "" if found else NO_JAMES)


def _judge(told: "pd.Series[str]", group: Group) -> Guesses:
    """Who gave no answer is not counted; an answer that is no longer asked for is wrong."""
    right, unknown = int((told == group.arm).sum()), int((told == UNKNOWN).sum())
    return Guesses(right=right, wrong=int(told.notna().sum()) - right - unknown, unknown=unknown)
