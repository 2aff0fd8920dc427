"""How procedures and visits went in each arm: times, choices and persons, which may tell an arm to who is in the room."""

from collections.abc import Mapping

import pandas as pd

from endpoints.derivations.conduct import CHOICES, TIMES, WEEKDAYS
from endpoints.derivations.groups import Grouping
from endpoints.families.answers import summarize_answers
from endpoints.families.shared import compare_groups, compare_ranks, describe_groups
from endpoints.families.topics import Rows, Topic, name_groups
from endpoints.rows import Summary

_TIMES = {
    "minutes": ("Sheath inserted to removed", "min"),
    "stay_hours": ("Sheath inserted to discharge", "h"),
    "hour": ("Hour of the day at the site", "h"),
    "sheath_french": ("Size of the sheath", "F"),
}
_CHOICES = {
    "weekday": "Day of the week",
    "sedation": "Conscious sedation",
    "access": "Access",
    "closure": "Closure of the access",
    "complication": "Complication when leaving the room",
    "assessed_by": "Assessed by",
    "entered_by": "Entered by",
}


def summarize_conduct(table: pd.DataFrame, grouping: Grouping) -> Summary:
    """Times and choices of the procedures (see `derive_procedures`), of the groups that are blinded."""
    blinded = grouping.leave_out_open()
    rows = tuple(_summarize(table, blinded)) if blinded else ()
    return Summary("conduct", rows, name_groups(table, blinded, [*TIMES, *CHOICES]))


def _summarize(table: pd.DataFrame, grouping: Grouping) -> Rows:
    for key in TIMES:
        topic = Topic("conduct", key, *_TIMES[key])
        yield from describe_groups(topic, table, key, grouping)
        yield from compare_groups(topic, table, key, grouping, compare_ranks)
    for key in CHOICES:
        yield from _summarize_answers(Topic("conduct", key, _CHOICES[key], ""), table, grouping)


def _summarize_answers(topic: Topic, table: pd.DataFrame, grouping: Grouping) -> Rows:
    """Each answer that is given by anybody of these groups."""
    told = pd.concat([group.select(table)[topic.outcome] for group in grouping.groups])
    yield from summarize_answers(topic, table, _order(told), grouping)


def _order(answers: "pd.Series[str]") -> dict[str, str]:
    """Days as in the week, everything else by its words."""
    given = set(answers.dropna())
    return {one: one for one in (*(day for day in WEEKDAYS if day in given), *sorted(given.difference(WEEKDAYS)))}


def summarize_visit_days(table: pd.DataFrame, grouping: Grouping, planned: Mapping[str, int]) -> Summary:
    """Days from plan to visit, and who entered it (see `derive_visit_days`), of the groups that are blinded."""
    blinded = grouping.leave_out_open()
    rows = tuple(_summarize_days(table, blinded, planned)) if blinded else ()
    return Summary(
        "conduct_visits",
        rows,
        name_groups(table, blinded, ["visit", "planned_day", "study_day", "from_plan", "entered_by"]),
    )


def _summarize_days(table: pd.DataFrame, grouping: Grouping, planned: Mapping[str, int]) -> Rows:
    for visit in planned:
        at_visit = table[table["visit"] == visit]
        topic = Topic("conduct_visits", "from_plan", "Days from plan to visit", "days", visit=visit)
        yield from describe_groups(topic, at_visit, "from_plan", grouping)
        yield from compare_groups(topic, at_visit, "from_plan", grouping, compare_ranks)
        entered = Topic("conduct_visits", "entered_by", "Entered by", "", visit=visit)
        yield from _summarize_answers(entered, at_visit, grouping)
