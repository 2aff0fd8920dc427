"""What patients and raters guessed the treatment to be."""

from collections.abc import Mapping

import pandas as pd

from endpoints.facts import TrialFacts
from endpoints.layout import RecordedFacts
from endpoints.plan import name_arm, name_visit
from trialsite.protocol.model import Protocol

UNKNOWN = "do_not_know"
WHO = ("patient", "rater")


def derive_guesses(facts: TrialFacts, recorded: RecordedFacts, protocol: Protocol) -> pd.DataFrame:
    """One row per patient and visit at which they were asked: subject, phase, arm, visit, and the guess of `WHO`: the name of an arm
    as the facts name it, "do_not_know", None without an answer, or an answer that the protocol no longer has as it was stored."""
    subjects = {one.patient_id: one.subject for one in recorded.patients}
    names = {arm.key: name_arm(arm) for arm in protocol.arms}
    made = [one for one in recorded.guesses if one.patient_id in subjects]
    told = pd.DataFrame(
        [
            (subjects[one.patient_id], name_visit(one.visit), _name(one.patient, names), _name(one.rater, names))
            for one in made
        ],
        columns=["subject", "visit", *WHO],
        dtype=object,
    )
    return facts.patients[["phase", "arm"]].reset_index().merge(told, on="subject", how="inner")


def _name(answer: str, names: Mapping[str, str]) -> str | None:
    return names.get(answer, answer) or None
