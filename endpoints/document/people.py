"""Who the patients are, and every outcome at every visit."""

from endpoints.document.blocks import Block, describe_arms, describe_values
from endpoints.document.cohort import Cohort
from endpoints.facts import OUTCOMES


def write_demographics(cohort: Cohort) -> Block:
    """Age and sex per arm."""
    ages, sexes = cohort.ages, cohort.sexes
    written: Block = {}
    for arm, members in cohort.members.items():
        size, women, men = (int(count.sum()) for count in (members, members & (sexes == "F"), members & (sexes == "M")))
        written[arm] = {
            "n": size,
            "age": describe_values(ages[members]),
            "female": women,
            "male": men,
            "sex_missing": size - women - men,
        }
    return written


def write_descriptives(cohort: Cohort) -> Block:
    """Arm, then visit, then outcome."""
    written: Block = {arm: {visit: {} for visit in cohort.plan.visits} for arm in cohort.members}
    for visit in cohort.plan.visits:
        for outcome in OUTCOMES:
            for arm, block in describe_arms(cohort, cohort.values(outcome, visit)).items():
                written[arm][visit][outcome] = block
    return written
