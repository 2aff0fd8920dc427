"""The protocol as plain, frozen values: what a trial of this shape may differ in.

Nothing here reads a file, a clock or a database. `load.py` makes a `Protocol` from TOML and
guarantees what the docstrings below promise.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeVar

PhaseDesign = Literal["open", "randomized"]
VisitKind = Literal["screening", "baseline", "procedure", "follow_up", "unscheduled"]
CriterionKind = Literal["inclusion", "exclusion"]
ClockUnit = Literal["hours", "calendar_days", "working_days"]
EdssBaseline = Literal["last_before_procedure", "median_before_procedure"]
PointsCombination = Literal["sum", "highest"]
CourseRecorder = Literal["person", "admin"]

# Forms a planned visit may ask for, and the logs a patient has once, outside the visits.
VISIT_FORMS = (
    "vital_signs",
    "laboratory",
    "doppler",
    "mri",
    "edss",
    "relapse_check",
    "cognition",
    "quality_of_life",
    "procedure",
    "intervention",
    "blinding_guess",
    "disposition",
)
PATIENT_FORMS = (
    "consent",
    "demographics",
    "ms_history",
    "medical_history",
    "eligibility",
    "relapse",
    "adverse_event",
    "concomitant_medication",
    "deviation",
)
FORMS = VISIT_FORMS + PATIENT_FORMS

# What can make a form due only for some patients (`DueForm.when`).
DUE_CONDITIONS = ("childbearing", "randomized", "relapse_suspected")

STRATA = ("site",)
MS_COURSES = ("RR", "SPR", "SP", "PP", "CIS")
VENOUS_CRITERIA = (1, 2, 3, 4, 5)

# The published score runs from 0 to this.
VHISS_MAXIMUM = 16

# The scale has no 0.5.
EDSS_STEPS = (Decimal(0), *(Decimal(half) / 2 for half in range(2, 21)))

# Right and left internal jugular, vertebral and deep cerebral veins.
VEINS = ("R_IJV", "L_IJV", "R_VV", "L_VV", "R_DCV", "L_DCV")

# What an eligibility criterion can ask, and the bounds each rule takes.
# `answered` is a plain yes or no by the investigator: yes for inclusion, no for exclusion.
CRITERION_RULES: Mapping[str, Mapping[str, str]] = {
    "answered": {},
    "consent_signed": {},
    "age_between": {"minimum_years": "whole", "maximum_years": "whole"},
    "relapsing_course": {"courses": "courses"},
    "edss_at_least": {"minimum": "edss"},
    "edss_at_most": {"maximum": "edss"},
    "dmt_ongoing": {},
    "doppler_criteria": {},
    "egfr_above": {"minimum_ml_min": "number"},
    "stable_before_entry": {"days": "whole"},
    "pregnancy_excluded": {"test_max_days": "whole"},
    "coagulation_abnormal": {"inr_maximum": "number", "platelets_minimum_10e9_l": "number"},
    "previous_venous_procedure": {},
    "opposite_of": {"criterion": "text"},
}
# Only these may stand behind several criteria of one trial.
REPEATABLE_RULES = ("answered", "opposite_of")

# The duties a person can have in a trial; accounts give them.
ROLES = (
    "coordinator",
    "investigator",
    "assessor",
    "operator",
    "monitor",
    "data_manager",
    "statistician",
    "admin",
)

SAFETY_REGIMES = ("us_device", "eu_device", "drug")
CLOCK_EVENTS = (
    "serious",
    "unanticipated_device_effect",
    "unreasonable_risk",
    "approval_withdrawn",
    "emergency_deviation",
    "unexpected_reaction_fatal",
    "unexpected_reaction_other",
    "imminent_risk",
)
CLOCK_STARTS = ("site_awareness", "sponsor_awareness", "decision", "occurrence", "first_report")

QUALITY_OF_LIFE_INSTRUMENTS = ("msqol54", "fss", "mfis", "bdi_fs", "msis29")

# A finding that may earn points of the VHISS in one vein.
VHISS_CONDITIONS = (
    "reflux",
    "b_mode_defect",
    "stenosis",
    "b_mode_defect_or_stenosis",
    "no_flow",
    "csa_change_negative",
    "csa_change_within",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A hospital that enters patients; `time_zone` is an IANA name and rules its clocks."""

    code: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What a patient is assigned to. An open arm is known to everyone; a sham arm inflates no balloon."""

    key: str
    label: str
    is_open: bool
    is_sham: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What the sealed list of one phase must hold. How its order is made helps to guess arms, so it is no part of the
    protocol file: the statistician chooses it where the list is made."""

    ratio: Mapping[str, int] = field(hash=False)
    strata: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One part of the trial with its own arms and entry rule.

    `patient_number_pattern` holds `{n}` (as `{n:03d}`) and may hold `{site}`.
    A patient needs `doppler_minimum` positive criteria out of `doppler_criteria`.
    """

    number: int
    label: str
    design: PhaseDesign
    planned_n: int
    screened_n: int | None
    patient_number_pattern: str
    arms: tuple[str, ...]
    allocation: Allocation | None
    doppler_criteria: tuple[int, ...]
    doppler_minimum: int
    basis: str

    @property
    def is_randomized(self) -> bool:
        return self.design == "randomized"

    def patient_number(self, n: int, site_code: str) -> str:
        """The number of the n-th patient (from 1) of this phase, at this site if the pattern says so."""
        return self.patient_number_pattern.format(n=n, site=site_code)

    def is_patient_number(self, text: str) -> bool:
        return re.fullmatch(self.patient_number_regex, text) is not None

    @property
    def patient_number_regex(self) -> str:
        """The pattern as a regular expression: digits for `{n}`, a site code for `{site}`."""
        pieces = re.split(r"(\{[^}]*\})", self.patient_number_pattern)
        return "".join(_piece_as_regex(piece) for piece in pieces)


def _piece_as_regex(piece: str) -> str:
    if piece == "{site}":
        return "[A-Z0-9]+"
    if not piece.startswith("{"):
        return re.escape(piece)
    width = re.search(r"0(\d+)d", piece)
    return rf"[0-9]{{{width.group(1)},}}" if width else "[0-9]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueForm:
    """A form that belongs to a visit; `when` names a condition of the patient, or None for everyone."""

    form: str
    is_required: bool
    when: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """A visit as planned, in days from the procedure (day 0).

    `earliest_hours` and `latest_hours` count from the end of the procedure and refine the days.
    An unscheduled visit has no day and no window.
    """

    key: str
    label: str
    short_label: str
    kind: VisitKind
    day: int | None
    earliest_day: int | None
    latest_day: int | None
    earliest_hours: int | None
    latest_hours: int | None
    forms: tuple[DueForm, ...]
    phases: tuple[int, ...]
    basis: str

    def forms_due(self, conditions: Collection[str]) -> tuple[DueForm, ...]:
        """The forms of this visit for a patient with these conditions, each once, in protocol order.

        A form named twice is required as soon as one line that applies requires it.
        """
        due: dict[str, DueForm] = {}
        for line in self.forms:
            applies = line.when is None or line.when in conditions
            if applies and (line.form not in due or line.is_required):
                due[line.form] = line
        return tuple(due.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One eligibility criterion. `rule` names the pure rule that decides it, `parameters` its bounds."""

    code: str
    kind: CriterionKind
    text: str
    rule: str
    parameters: Mapping[str, object] = field(hash=False)
    phases: tuple[int, ...]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Bounds of one numeric field, in `unit`. Outside hard is refused, outside soft is asked about.

    `soft_change` (in `unit`) and `soft_change_pct` are the largest changes since the last visit
    that raise no question.
    """

    hard_min: Decimal | None
    hard_max: Decimal | None
    soft_min: Decimal | None
    soft_max: Decimal | None
    unit: str
    decimals: int
    soft_change: Decimal | None
    soft_change_pct: Decimal | None = None

    def refuses(self, value: Decimal | int) -> bool:
        return _is_outside(value, self.hard_min, self.hard_max)

    def questions(self, value: Decimal | int) -> bool:
        return _is_outside(value, self.soft_min, self.soft_max)


def _is_outside(value: Decimal | int, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is not None and value < least) or (most is not None and value > most)


@dataclass(frozen=True, slots=True, kw_only=True)
class DopplerThresholds:
    """When a Doppler or venography finding is abnormal.

    Reflux must last longer than its threshold; area (mm2) and reduction (%) count from theirs on.
    """

    neck_reflux_above_s: Decimal
    intracranial_reflux_above_s: Decimal
    stenosis_area_at_most_mm2: Decimal
    stenosis_reduction_at_least_pct: Decimal
    venography_stenosis_at_least_pct: Decimal
    absence_in_one_posture_counts_with_reflux: bool
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VhissRule:
    """Points for a finding in one vein. The bounds (mm2, both included) belong to `csa_change_within`,
    where the change is the area lying minus the area sitting."""

    condition: str
    points: int
    at_least_mm2: Decimal | None
    at_most_mm2: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VhissPart:
    """One criterion's share: each vein earns the sum or the highest of its rules' points."""

    criterion: int
    veins: tuple[str, ...]
    rules: tuple[VhissRule, ...]
    combination: PointsCombination
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VhissScheme:
    """A way to compute the Venous Hemodynamic Insufficiency Severity Score; its maxima add up to `maximum`."""

    key: str
    version: str
    label: str
    maximum: int
    parts: tuple[VhissPart, ...]
    basis: str

    def part(self, criterion: int) -> VhissPart:
        return _one("VHISS part", self.parts, "criterion", criterion)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRule:
    """A responder's score falls by strictly more than this percentage from one visit to the other.

    `low_baseline_below` marks a baseline score too low to agree with eligibility.
    """

    reduction_above_pct: int
    baseline_visits: tuple[str, ...]
    visit: str
    low_baseline_below: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseRule:
    """What makes an event a relapse, and an examination its confirmation.

    An examination later than `exam_within_days` after the onset raises a question, one later than
    `exam_latest_days` confirms nothing.
    """

    lasts_longer_than_hours: int
    stable_before_days: int
    exam_within_days: int
    exam_latest_days: int
    edss_rise: Decimal
    one_system_rise: int
    two_systems_rise: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressionStep:
    """The rise of the EDSS that is progression for a baseline in this range (both included)."""

    baseline_min: Decimal
    baseline_max: Decimal
    rise: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EdssRules:
    """How the EDSS is compared between visits. The allowed steps themselves belong to the scale."""

    baseline: EdssBaseline
    large_change: Decimal
    large_system_change: int
    progression: tuple[ProgressionStep, ...]
    confirmation_weeks: tuple[int, ...]
    basis: str

    def progression_rise(self, baseline: Decimal) -> Decimal:
        """The rise that counts as progression from this baseline."""
        for step in self.progression:
            if step.baseline_min <= baseline <= step.baseline_max:
                return step.rise
        raise KeyError(f"no progression step for a baseline EDSS of {baseline}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentVersion:
    """A consent form in use from `valid_from_on` to `valid_to_on` (both included, None: still)."""

    version: str
    valid_from_on: dt.date
    valid_to_on: dt.date | None

    def is_valid_on(self, day: dt.date) -> bool:
        return self.valid_from_on <= day and (self.valid_to_on is None or day <= self.valid_to_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A training that some roles need before they enter anything. `valid_months` is None where it does not end.

    `recorded_by` says who records its completion: the person trained, or an admin who has seen the evidence.
    """

    key: str
    label: str
    version: str
    roles: tuple[str, ...]
    valid_months: int | None
    recorded_by: CourseRecorder


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """What the trial asks of the people with an account. Access is reviewed at least every `review_days`."""

    review_days: int
    training: tuple[Course, ...]

    def course(self, key: str) -> Course:
        return _one("training", self.training, "key", key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyClock:
    """A reporting duty: `amount` of `unit` from the moment named by `starts_at`.

    It holds under one legal regime, or under any.
    """

    key: str
    label: str
    regime: str
    applies_to: str
    starts_at: str
    sender: str
    receiver: str
    amount: int
    unit: ClockUnit
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """Safety windows and clocks. Working days skip weekends and the holidays of `holiday_country`.

    An event in the first `time_needed_hours` after the procedure needs its time of day.
    """

    regime: str
    holiday_country: str
    time_needed_hours: int
    early_window_hours: int
    late_window_days: int
    long_stay_hours: int
    clocks: tuple[SafetyClock, ...]
    basis: str

    def clock(self, key: str) -> SafetyClock:
        return _one("safety clock", self.clocks, "key", key)

    @property
    def active_clocks(self) -> tuple[SafetyClock, ...]:
        """The clocks that run under the regime of this trial."""
        return tuple(clock for clock in self.clocks if clock.regime in ("any", self.regime))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """Numbers of checks that compare two fields with each other."""

    brain_parts_tolerance_pct: Decimal
    timed_trials_differ_above_pct: Decimal
    sdmt_items: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """What is compared with the source (`critical_fields`, as form.field), and from how many days on an entry counts as late."""

    late_after_days: int
    critical_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRules:
    """What decides about the sets of patients that are analyzed: who missed `per_protocol_visit` is not in the per-protocol set."""

    per_protocol_visit: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value of the file with its basis."""

    key: str
    value: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One trial. `digest` is the SHA-256 of the file it was read from."""

    key: str
    version: str
    title: str
    acronym: str
    registry: str
    digest: str
    sites: tuple[Site, ...]
    phases: tuple[Phase, ...]
    arms: tuple[Arm, ...]
    visits: tuple[PlannedVisit, ...]
    criteria: tuple[Criterion, ...]
    limits: Mapping[str, Mapping[str, Limit]] = field(hash=False, repr=False)
    doppler: DopplerThresholds
    vhiss: VhissScheme
    vhiss_schemes: tuple[VhissScheme, ...]
    response: ResponseRule
    relapse: RelapseRule
    edss: EdssRules
    consent_versions: tuple[ConsentVersion, ...]
    safety: Safety
    accounts: AccountRules
    checks: CheckRules
    prohibited_medication_words: tuple[str, ...]
    review: ReviewRules
    analysis: AnalysisRules
    quality_of_life_instruments: tuple[str, ...]
    settings: tuple[Setting, ...] = field(repr=False)
    telling_words: tuple[str, ...] = ()
    """Beginnings of words that may tell an arm here, beside those known everywhere: the name of a device, what people at the sites say."""

    def phase(self, number: int) -> Phase:
        return _one("phase", self.phases, "number", number)

    def arm(self, key: str) -> Arm:
        return _one("arm", self.arms, "key", key)

    def visit(self, key: str) -> PlannedVisit:
        return _one("planned visit", self.visits, "key", key)

    def site(self, code: str) -> Site:
        return _one("site", self.sites, "code", code)

    def criterion(self, code: str) -> Criterion:
        return _one("eligibility criterion", self.criteria, "code", code)

    def vhiss_scheme(self, key: str) -> VhissScheme:
        return _one("VHISS scheme", self.vhiss_schemes, "key", key)

    def consent_version(self, version: str) -> ConsentVersion:
        return _one("consent version", self.consent_versions, "version", version)

    def limit(self, form_key: str, field_name: str) -> Limit | None:
        """The bounds of a field, or None where the protocol sets none."""
        return self.limits.get(form_key, {}).get(field_name)

    def visits_of_phase(self, number: int) -> tuple[PlannedVisit, ...]:
        """The planned visits of a phase in order of time, the unscheduled ones last."""
        self.phase(number)
        return tuple(visit for visit in self.visits if number in visit.phases)

    def visits_of_kind(self, number: int, kind: VisitKind) -> tuple[PlannedVisit, ...]:
        """The planned visits of one kind in a phase: several follow-ups, at most one of every other kind."""
        return tuple(visit for visit in self.visits_of_phase(number) if visit.kind == kind)

    def criteria_of_phase(self, number: int) -> tuple[Criterion, ...]:
        self.phase(number)
        return tuple(criterion for criterion in self.criteria if number in criterion.phases)

    def arms_of_phase(self, number: int) -> tuple[Arm, ...]:
        return tuple(self.arm(key) for key in self.phase(number).arms)

    def is_critical(self, form_key: str, field_name: str) -> bool:
        return f"{form_key}.{field_name}" in self.review.critical_fields

    @property
    def screening_edss_max(self) -> Decimal | None:
        value = self._parameter("edss_at_most", "maximum")
        return value if isinstance(value, Decimal) else None

    @property
    def steroid_window_days(self) -> int | None:
        value = self._parameter("stable_before_entry", "days")
        return value if isinstance(value, int) else None

    @property
    def pregnancy_test_max_days(self) -> int | None:
        value = self._parameter("pregnancy_excluded", "test_max_days")
        return value if isinstance(value, int) else None

    def _parameter(self, rule: str, name: str) -> object:
        """A bound that also matters outside eligibility; None where the trial has no such criterion."""
        found = (criterion for criterion in self.criteria if criterion.rule == rule)
        return next((criterion.parameters[name] for criterion in found), None)


Item = TypeVar("Item")


def _one(kind: str, items: Iterable[Item], attribute: str, wanted: object) -> Item:
    for item in items:
        if getattr(item, attribute) == wanted:
            return item
    raise KeyError(f"the protocol has no {kind} with {attribute} {wanted!r}")
