"""Whether a patient may enter a treatment arm now: every condition with its answer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from trialsite.lib.findings import Finding, hard


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What the forms say about a patient on the day of the draw.

    `missing_consent`, `missing_eligibility` and `missing_baseline` name in plain words what is still open; the booleans decide.
    """

    has_complete_consent: bool
    has_current_signed_eligibility: bool
    has_complete_baseline: bool
    missing_consent: tuple[str, ...] = ()
    missing_eligibility: tuple[str, ...] = ()
    missing_baseline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientState:
    """The patient's own row, as far as the draw must know it. `status` is the code of `PatientStatus`."""

    status: str
    has_entered: bool
    is_withdrawn: bool
    has_died: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition of entry. `reason` is the sentence shown when it is not met; `item` the protocol section it comes from."""

    key: str
    label: str
    is_met: bool
    reason: str
    missing: tuple[str, ...] = ()
    item: str = "8.13"


def check_entry(state: PatientState, readiness: Readiness) -> list[Requirement]:
    """Every condition, met or not, in the order a person works through them."""
    return [*_about_forms(readiness), *_about_patient(state)]


def unmet(requirements: Sequence[Requirement]) -> list[Finding]:
    """All reasons why the patient cannot enter now; empty when nothing stands in the way."""
    return [hard(f"entry_{one.key}", "", one.reason, one.item) for one in requirements if not one.is_met]


def _about_forms(readiness: Readiness) -> list[Requirement]:
    return [
        Requirement(
            key="consent",
            label="Consent is complete",
            is_met=readiness.has_complete_consent,
            reason="Consent is not complete. Complete the consent form.",
            missing=readiness.missing_consent,
        ),
        Requirement(
            key="eligibility",
            label="Eligibility is signed, and nothing changed since",
            is_met=readiness.has_current_signed_eligibility,
            reason="Eligibility has no current signature. Ask an investigator to sign it.",
            missing=readiness.missing_eligibility,
        ),
        Requirement(
            key="baseline",
            label="Baseline is complete",
            is_met=readiness.has_complete_baseline,
            reason="The baseline visit is not complete. Complete its forms.",
            missing=readiness.missing_baseline,
        ),
    ]


def _about_patient(state: PatientState) -> list[Requirement]:
    # Who has entered was eligible then; the reason that counts is the last one.
    is_eligible = state.status == "eligible" or state.has_entered
    return [
        Requirement(
            key="status",
            label="The patient is eligible",
            is_met=is_eligible,
            reason="The patient's status is not Eligible. Decide eligibility first.",
        ),
        Requirement(
            key="withdrawn",
            label="The patient is still in the trial",
            is_met=not state.is_withdrawn and not state.has_died,
            reason="The patient has left the trial.",
        ),
        Requirement(
            key="once",
            label="The patient has not entered treatment before",
            is_met=not state.has_entered,
            reason="The patient has already entered treatment. Nobody enters twice.",
        ),
    ]
