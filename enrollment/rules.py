"""Who may enter the trial: every eligibility criterion of the protocol, judged by what the forms say. Pure.

A rule answers one question about the evidence: in the patient's favor (True), against (False), or not known (None). What is not known keeps
a patient from being eligible as surely as what speaks against; there is no way to override either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from enrollment.evidence import Evidence
from trialsite.lib.findings import Finding, hard
from trialsite.lib.partial_dates import PartialDate
from trialsite.lib.study_day import age_in_years
from trialsite.protocol.model import Criterion, Phase, Protocol

YES, NO, NOT_APPLICABLE = "yes", "no", "na"
NEGATIVE, POSITIVE = "negative", "positive"
MALE = "M"


class Verdict(StrEnum):
    """What a criterion means for this patient."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One criterion with its verdict and the sentence that says why."""

    code: str
    kind: str
    text: str
    verdict: Verdict
    reason: str
    is_answered_by_person: bool

    @property
    def finding(self) -> Finding:
        return hard(f"criterion_{self.code}", "", f"{self.code}: {self.reason}", self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityResult:
    """Every criterion of the phase, in protocol order, judged for one day."""

    on: date
    criteria: tuple[CriterionResult, ...]

    @property
    def is_eligible(self) -> bool:
        return all(criterion.verdict is Verdict.PASSED for criterion in self.criteria)

    @property
    def failed(self) -> tuple[CriterionResult, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.verdict is Verdict.FAILED)

    @property
    def unknown(self) -> tuple[CriterionResult, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.verdict is Verdict.UNKNOWN)

    @property
    def findings(self) -> list[Finding]:
        """Why the patient is not eligible: all failed criteria, then all that are open."""
        return [criterion.finding for criterion in (*self.failed, *self.unknown)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule found: True speaks for the patient, False against, None is not known."""

    favors: bool | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One criterion put to the evidence, in a phase, for a day of entry."""

    criterion: Criterion
    evidence: Evidence
    protocol: Protocol
    phase: Phase
    on: date

    def bound(self, name: str) -> Any:
        return self.criterion.parameters[name]


Rule = Callable[[Question], Outcome]


def check_eligibility(evidence: Evidence, protocol: Protocol, phase_number: int, on: date) -> EligibilityResult:
    """Judge every criterion of the phase as if the patient entered on this day."""
    phase = protocol.phase(phase_number)
    questions = [
        Question(criterion=criterion, evidence=evidence, protocol=protocol, phase=phase, on=on)
        for criterion in protocol.criteria_of_phase(phase_number)
    ]
    return EligibilityResult(on=on, criteria=tuple(_judge(question) for question in questions))


def _judge(question: Question) -> CriterionResult:
    criterion = question.criterion
    outcome = RULES[criterion.rule](question)
    return CriterionResult(
        code=criterion.code,
        kind=criterion.kind,
        text=criterion.text,
        verdict={True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.UNKNOWN}[outcome.favors],
        reason=outcome.reason,
        is_answered_by_person=criterion.rule == "answered",
    )


# -- single rules


def _answered(question: Question) -> Outcome:
    """A plain yes or no: yes for an inclusion criterion, no (or not applicable) for an exclusion criterion."""
    answer = question.evidence.answers.get(question.criterion.code, "")
    if question.criterion.kind == "inclusion":
        favorable, words = answer == YES, {YES: "Answered yes.", NO: "Answered no."}
    else:
        favorable = answer in (NO, NOT_APPLICABLE)
        words = {YES: "Answered yes.", NO: "Answered no.", NOT_APPLICABLE: "Answered not applicable."}
    if answer not in words:
        return Outcome(None, "Not answered yet. Answer it on the eligibility form.")
    return Outcome(favorable, words[answer])


def _consent_signed(question: Question) -> Outcome:
    consented_on, first_on = question.evidence.consented_on, question.evidence.first_assessment_on
    if consented_on is None:
        return Outcome(None, "There is no complete consent yet.")
    if consented_on > question.on:
        return Outcome(False, f"Consent was signed on {consented_on}, after {question.on}.")
    if first_on is not None and first_on < consented_on:
        return Outcome(False, f"Consent was signed on {consented_on}, after the first examination on {first_on}.")
    return Outcome(True, f"Signed on {consented_on}, version {question.evidence.consent_version}.")


def _age_between(question: Question) -> Outcome:
    born, consented_on = question.evidence.born, question.evidence.consented_on
    least, most = question.bound("minimum_years"), question.bound("maximum_years")
    if born is None or consented_on is None:
        return Outcome(None, "The age at consent needs the date of birth and the consent.")
    youngest, oldest = ages_on(born, consented_on)
    words = f"{youngest} years" if youngest == oldest else f"{youngest} or {oldest} years"
    if least <= youngest and oldest <= most:
        return Outcome(True, f"{words} at consent.")
    if oldest < least or youngest > most:
        return Outcome(False, f"{words} at consent, not {least} to {most}.")
    return Outcome(None, f"{words} at consent: enter the month or day of birth to tell.")


def ages_on(born: PartialDate, on: date) -> tuple[int, int]:
    """The youngest and the oldest a person may be on a day, in completed years; they differ when the birth date is partial."""
    return age_in_years(born.latest, on), age_in_years(born.earliest, on)


def _relapsing_course(question: Question) -> Outcome:
    course, version = question.evidence.ms_course, question.evidence.mcdonald_version
    allowed = question.bound("courses")
    if not course or not version:
        return Outcome(None, "The course and the McDonald criteria stand on the MS history, which is not complete.")
    reasons = [f"The course is {course}, not {' or '.join(allowed)}."] if course not in allowed else []
    if version == "none":
        reasons.append("The McDonald criteria are not fulfilled.")
    if reasons:
        return Outcome(False, " ".join(reasons))
    return Outcome(True, f"{course}, McDonald criteria {version}.")


def _edss_at_least(question: Question) -> Outcome:
    step, least = question.evidence.screening_edss, question.bound("minimum")
    if step is None:
        return Outcome(None, "There is no complete EDSS at screening.")
    return Outcome(step >= least, f"EDSS {step} at screening{'' if step >= least else f', below {least}'}.")


def _edss_at_most(question: Question) -> Outcome:
    step, most = question.evidence.screening_edss, question.bound("maximum")
    if step is None:
        return Outcome(None, "There is no complete EDSS at screening.")
    return Outcome(step <= most, f"EDSS {step} at screening{'' if step <= most else f', above {most}'}.")


def _dmt_ongoing(question: Question) -> Outcome:
    dmt, started, consented_on = question.evidence.dmt, question.evidence.dmt_started, question.evidence.consented_on
    if dmt == "none":
        return Outcome(False, "The patient takes no disease-modifying therapy.")
    if not dmt or started is None or consented_on is None:
        return Outcome(None, "The therapy, its first day and the consent must be known.")
    if started.is_surely_before(consented_on):
        return Outcome(True, f"Ongoing since {started}.")
    if started.earliest >= consented_on:
        return Outcome(False, f"The therapy began {started}, not before consent on {consented_on}.")
    return Outcome(
        None, f"The therapy began {started}: enter the day to tell whether it was before consent on {consented_on}."
    )


def _doppler_criteria(question: Question) -> Outcome:
    counted, least = question.phase.doppler_criteria, question.phase.doppler_minimum
    found = question.evidence.doppler
    positive = [number for number in counted if found.get(number)]
    open_ones = [number for number in counted if found.get(number) is None]
    if len(positive) >= least:
        return Outcome(
            True, f"{len(positive)} positive ({_numbers(positive)}), {least} needed out of {_numbers(counted)}."
        )
    if len(positive) + len(open_ones) < least:
        return Outcome(False, f"{len(positive)} positive, {least} needed out of {_numbers(counted)}.")
    if not found:
        return Outcome(None, "There is no complete Doppler examination at screening.")
    return Outcome(None, f"{len(positive)} positive, {least} needed; not assessable: {_numbers(open_ones)}.")


def _numbers(numbers: "tuple[int, ...] | list[int]") -> str:
    return ", ".join(str(number) for number in numbers)


def _egfr_above(question: Question) -> Outcome:
    rate, least = question.evidence.egfr_ml_min, question.bound("minimum_ml_min")
    if rate is None:
        return Outcome(None, "The filtration rate needs a complete laboratory form and complete demographics.")
    return Outcome(rate > least, f"{rate} mL/min/1.73 m², {'above' if rate > least else 'not above'} {least}.")


def _stable_before_entry(question: Question) -> Outcome:
    evidence, days = question.evidence, question.bound("days")
    since = question.on - timedelta(days=days)
    against, open_ones = [], []
    for name, when in (
        *(("relapse", on) for on in evidence.relapses),
        *(("steroids", on) for on in evidence.steroid_days),
    ):
        if when.earliest >= since:
            against.append(f"{name} on {when}")
        elif when.latest >= since:
            open_ones.append(f"{name} {when}: enter the day")
    if evidence.is_on_steroids:
        against.append("steroids ongoing")
    if evidence.has_progressed:
        against.append("progression")
    if against:
        return Outcome(False, f"In the {days} days before {question.on}: {', '.join(against)}.")
    open_ones += _not_asked(evidence)
    if open_ones:
        return Outcome(None, f"Not known: {'; '.join(open_ones)}.")
    return Outcome(True, f"No relapse, progression or steroids since {since}.")


def _not_asked(evidence: Evidence) -> list[str]:
    asked = {
        "last relapse": evidence.are_relapses_known,
        "last steroid course": evidence.are_steroids_known,
        "progression": evidence.has_progressed is not None,
    }
    return [name for name, is_known in asked.items() if not is_known]


def _pregnancy_excluded(question: Question) -> Outcome:
    evidence = question.evidence
    if evidence.sex == MALE:
        return Outcome(True, "Does not apply to men.")
    if not evidence.sex or evidence.has_childbearing_potential is None:
        return Outcome(None, "Sex and childbearing potential stand on demographics, which are not complete.")
    return _judge_pregnancy(question)


def _judge_pregnancy(question: Question) -> Outcome:
    evidence = question.evidence
    against = ["breast-feeding"] if evidence.is_breast_feeding else []
    open_ones = ["breast-feeding"] if evidence.is_breast_feeding is None else []
    if not evidence.has_childbearing_potential:
        return _sum_up(against, open_ones, "Not of childbearing potential, not breast-feeding.")
    if evidence.lacks_contraception:
        against.append("no reliable contraception")
    if evidence.lacks_contraception is None:
        open_ones.append("contraception")
    _judge_test(question, against, open_ones)
    return _sum_up(
        against, open_ones, f"Negative test on {evidence.pregnancy_tested_on}, contraception, not breast-feeding."
    )


def _judge_test(question: Question, against: list[str], open_ones: list[str]) -> None:
    evidence, days = question.evidence, question.bound("test_max_days")
    tested_on = evidence.pregnancy_tested_on
    if evidence.pregnancy_test == POSITIVE:
        against.append(f"positive test on {tested_on}")
    elif evidence.pregnancy_test != NEGATIVE or tested_on is None or tested_on > question.on:
        open_ones.append("pregnancy test")
    elif (question.on - tested_on).days > days:
        open_ones.append(f"a pregnancy test not older than {days} days (the last is of {tested_on})")


def _sum_up(against: list[str], open_ones: list[str], good: str) -> Outcome:
    if against:
        return Outcome(False, f"{_sentence(against)}.")
    return Outcome(None, f"Not known: {', '.join(open_ones)}.") if open_ones else Outcome(True, good)


def _sentence(parts: list[str]) -> str:
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _coagulation_abnormal(question: Question) -> Outcome:
    evidence = question.evidence
    most, least = question.bound("inr_maximum"), question.bound("platelets_minimum_10e9_l")
    against, open_ones = [], []
    if evidence.has_treatment_contraindication:
        against.append("a contraindication was answered yes")
    if evidence.has_treatment_contraindication is None:
        open_ones.append("contraindications")
    if evidence.inr is None:
        open_ones.append("INR")
    elif evidence.inr > most:
        against.append(f"INR {evidence.inr}, above {most}")
    if evidence.platelets_10e9_l is None:
        open_ones.append("platelets")
    elif evidence.platelets_10e9_l < least:
        against.append(f"platelets {evidence.platelets_10e9_l} 10⁹/L, below {least}")
    return _sum_up(
        against, open_ones, f"INR {evidence.inr}, platelets {evidence.platelets_10e9_l} 10⁹/L, no contraindication."
    )


def _previous_venous_procedure(question: Question) -> Outcome:
    had = question.evidence.has_previous_venous_procedure
    if had is None:
        return Outcome(None, "Earlier venous procedures stand on the MS history, which is not complete.")
    return Outcome(not had, "There was an earlier venous procedure." if had else "No earlier venous procedure.")


def _opposite_of(question: Question) -> Outcome:
    """The statement is true exactly when that of the other criterion is not."""
    code = question.bound("criterion")
    other = question.protocol.criterion(code)
    found = RULES[other.rule](
        Question(
            criterion=other,
            evidence=question.evidence,
            protocol=question.protocol,
            phase=question.phase,
            on=question.on,
        )
    )
    same_side = other.kind == question.criterion.kind
    favors = found.favors if found.favors is None else found.favors is not same_side
    return Outcome(favors, f"Follows from {code}: {found.reason}")


RULES: Mapping[str, Rule] = {
    "answered": _answered,
    "consent_signed": _consent_signed,
    "age_between": _age_between,
    "relapsing_course": _relapsing_course,
    "edss_at_least": _edss_at_least,
    "edss_at_most": _edss_at_most,
    "dmt_ongoing": _dmt_ongoing,
    "doppler_criteria": _doppler_criteria,
    "egfr_above": _egfr_above,
    "stable_before_entry": _stable_before_entry,
    "pregnancy_excluded": _pregnancy_excluded,
    "coagulation_abnormal": _coagulation_abnormal,
    "previous_venous_procedure": _previous_venous_procedure,
    "opposite_of": _opposite_of,
}


def check_consent(
    form_version: str, consented_at: datetime, consented_on: date, protocol: Protocol, now: datetime
) -> list[Finding]:
    """A consent lies in the past and was given on a form that was in use on its day (`consented_on`, at the site)."""
    findings = []
    if consented_at > now:
        findings.append(
            hard(
                "consent_future",
                "consented_at",
                "Consent cannot lie in the future. Enter when it was signed.",
                "1.3 I7",
            )
        )
    known = {version.version: version for version in protocol.consent_versions}
    if form_version and (form_version not in known or not known[form_version].is_valid_on(consented_on)):
        valid = [version.version for version in protocol.consent_versions if version.is_valid_on(consented_on)]
        hint = f"Valid that day: {', '.join(valid)}." if valid else "No version was valid that day; correct the date."
        findings.append(
            hard(
                "consent_version",
                "form_version",
                f"Version {form_version} was not in use on {consented_on}. {hint}",
                "8.1",
            )
        )
    return findings
