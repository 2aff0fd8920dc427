"""What must hold among the results of one test session, and what follows from them. Pure. Needs nothing of `context.related`."""

from dataclasses import dataclass
from decimal import Decimal

from trialsite.lib.findings import Finding, hard, missing, soft
from trialsite.records.values import Computed, Values
from visits.crfs.change_checks import check_changes
from visits.crfs.cognition.scoring import mean_all, msfc_z, reciprocal_mean, sum_all
from visits.crfs.context import VisitContext
from visits.crfs.shared_checks import check_assessment_date

FORM = "cognition"
CVLT_TRIALS = tuple(f"cvlt_trial_{n}" for n in range(1, 6))
BVMT_TRIALS = tuple(f"bvmt_trial_{n}" for n in range(1, 4))
TRIAL_PAIRS = (
    ("t25fw_1_s", "t25fw_2_s"),
    ("nhpt_dominant_1_s", "nhpt_dominant_2_s"),
    ("nhpt_nondominant_1_s", "nhpt_nondominant_2_s"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What is derived from one session; None where an entry is missing."""

    cvlt_total: int | None
    bvmt_total: int | None
    walk_s: Decimal | None
    pegs_dominant_s: Decimal | None
    pegs_nondominant_s: Decimal | None
    pegs_per_s: Decimal | None
    msfc_z: Decimal | None


def score_session(values: Values) -> Scores:
    walk, dominant, other = (mean_all([values.get(name) for name in pair]) for pair in TRIAL_PAIRS)
    pegs = reciprocal_mean(dominant, other)
    return Scores(
        cvlt_total=sum_all(values.get(name) for name in CVLT_TRIALS),
        bvmt_total=sum_all(values.get(name) for name in BVMT_TRIALS),
        walk_s=walk,
        pegs_dominant_s=dominant,
        pegs_nondominant_s=other,
        pegs_per_s=pegs,
        msfc_z=msfc_z(pegs, walk, values.get("pasat_correct")),
    )


def check_cognition(values: Values, context: VisitContext) -> list[Finding]:
    return [
        *check_assessment_date(values, context),
        *_check_validity(values),
        *_check_alternate_form(values, context),
        *_check_sdmt(values, context),
        *_check_learning(values),
        *_check_totals(values, context),
        *_check_timed_trials(values, context),
        *check_changes(FORM, values, context),
    ]


def _check_validity(values: Values) -> list[Finding]:
    validity, reason = values.get("validity"), values.get("invalid_reason")
    if validity == "invalid" and not reason:
        return [missing("validity_without_reason", "invalid_reason", "Say why the session is not valid.", "8.9")]
    if validity != "invalid" and reason:
        return [
            hard(
                "reason_without_invalidity",
                "invalid_reason",
                "There is a reason, but the session is not marked as not valid. Correct one.",
            )
        ]
    return []


def _check_alternate_form(values: Values, context: VisitContext) -> list[Finding]:
    version = values.get("alternate_form")
    if not version or version != context.previous.get("alternate_form"):
        return []
    sentence = f"Form {version.upper()} was used at the last visit too, so the patient may remember it. Is it right?"
    return [soft("alternate_form_repeated", "alternate_form", sentence, "8.9")]


def _check_sdmt(values: Values, context: VisitContext) -> list[Finding]:
    correct, errors, items = values.get("sdmt_correct"), values.get("sdmt_errors"), context.protocol.checks.sdmt_items
    if correct is None or errors is None or correct + errors <= items:
        return []
    sentence = (
        f"Correct answers and errors make {correct + errors}, but the test has {items} items. Correct one of the two."
    )
    return [hard("sdmt_too_many", "sdmt_errors", sentence, "8.9")]


def _check_learning(values: Values) -> list[Finding]:
    first, last = values.get("cvlt_trial_1"), values.get("cvlt_trial_5")
    if first is None or last is None or last >= first:
        return []
    sentence = f"The last trial ({last}) is below the first ({first}). People learn from trial to trial: are the trials in order?"
    return [soft("cvlt_falling", "cvlt_trial_5", sentence, "4")]


def _check_totals(values: Values, context: VisitContext) -> list[Finding]:
    scores = score_session(values)
    totals = (("cvlt_total", scores.cvlt_total, "cvlt_trial_5"), ("bvmt_total", scores.bvmt_total, "bvmt_trial_3"))
    findings = []
    for name, total, field in totals:
        limit = context.protocol.limit(FORM, name)
        if total is not None and limit is not None and limit.questions(total):
            findings.append(
                soft(
                    f"{name}_unusual",
                    field,
                    f"The total of {total} {limit.unit} is unusual. Are all trials right?",
                    "4",
                )
            )
    return findings


def _check_timed_trials(values: Values, context: VisitContext) -> list[Finding]:
    percent = context.protocol.checks.timed_trials_differ_above_pct
    return [
        soft(
            f"{second}_differs",
            second,
            f"The two trials differ by more than {percent} % of the faster one. Are both right?",
            "4",
        )
        for first, second in TRIAL_PAIRS
        if _differ(values.get(first), values.get(second), percent)
    ]


def _differ(one: Decimal | None, other: Decimal | None, percent: Decimal) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) * 100 > percent * min(one, other)


def compute_cognition(values: Values, context: VisitContext) -> list[Computed]:
    scores = score_session(values)
    found = (
        _whole("CVLT-II, total learning", scores.cvlt_total, "trials 1 to 5; 0 to 80, higher is better"),
        _whole("BVMT-R, total", scores.bvmt_total, "trials 1 to 3; 0 to 36, higher is better"),
        _decimal("25-foot walk, mean", scores.walk_s, "s", 2),
        _decimal("9-hole peg, dominant hand, mean", scores.pegs_dominant_s, "s", 2),
        _decimal("9-hole peg, other hand, mean", scores.pegs_nondominant_s, "s", 2),
        _decimal("9-hole peg, speed of both hands", scores.pegs_per_s, "1/s", 4),
        _decimal("MSFC", scores.msfc_z, "z", 3, "against the task-force reference; higher is better"),
    )
    return [computed for computed in found if computed is not None]


def _whole(label: str, value: int | None, note: str) -> Computed | None:
    return None if value is None else Computed(label, str(value), note)


def _decimal(label: str, value: Decimal | None, unit: str, places: int, note: str = "") -> Computed | None:
    return None if value is None else Computed(label, f"{value:.{places}f} {unit}", note)
