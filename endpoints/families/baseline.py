"""Who the patients are, and every outcome at every visit."""

import pandas as pd

from endpoints.derivations.groups import Grouping
from endpoints.derivations.patients import derive_patients, derive_values
from endpoints.facts import OUTCOMES, TrialFacts
from endpoints.families.shared import describe_groups
from endpoints.families.topics import Rows, Topic, make_topic, name_groups
from endpoints.rows import StatisticRow, Summary


def summarize_baseline(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Age, sex, and each outcome that anyone has at baseline."""
    rows = list(_summarize_demographics(derive_patients(facts), grouping))
    patients = name_groups(derive_patients(facts), grouping, ["sex", "age"])
    for outcome in OUTCOMES:
        values = derive_values(facts, outcome, facts.plan.baseline_visit)
        if values["value"].isna().all():
            continue
        topic = make_topic("baseline", outcome, visit=facts.plan.baseline_visit)
        rows.extend(describe_groups(topic, values, "value", grouping))
        patients[outcome] = patients["subject"].map(values.set_index("subject")["value"])
    return Summary("baseline", tuple(rows), patients)


def _summarize_demographics(patients: pd.DataFrame, grouping: Grouping) -> Rows:
    yield from describe_groups(Topic("baseline", "age", "Age", "years"), patients, "age", grouping)
    topic = Topic("baseline", "sex", "Sex", "patients")
    for group in grouping.groups:
        sex = group.select(patients)["sex"]
        numbers = {
            "female": float((sex == "F").sum()),
            "male": float((sex == "M").sum()),
            "sex_missing": float(sex.isna().sum()),
        }
        yield from topic.about(group.key, len(sex)).write(numbers)


def summarize_descriptives(facts: TrialFacts, grouping: Grouping) -> Summary:
    """Every outcome at every visit, described."""
    rows: list[StatisticRow] = []
    tables = []
    for outcome in OUTCOMES:
        for visit in facts.plan.visits:
            values = derive_values(facts, outcome, visit)
            topic = make_topic("descriptives", outcome, visit=visit)
            rows.extend(describe_groups(topic, values, "value", grouping))
            named = name_groups(values, grouping, ["value"])
            tables.append(named.assign(outcome=outcome, visit=visit))
    return Summary("descriptives", tuple(rows), pd.concat(tables, ignore_index=True))
