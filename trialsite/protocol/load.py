"""Reads a protocol file: TOML in, a frozen `Protocol` out, or every reason why not.

The shape of each table is read here, one function a table; what must agree between tables stands
in `agreement.py`.
"""

import hashlib
import re
import string
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays.registry import COUNTRIES

from trialsite.protocol import model
from trialsite.protocol.agreement import check_agreement
from trialsite.protocol.describe import list_settings
from trialsite.protocol.problems import Findings, Problem, ProtocolError
from trialsite.protocol.reader import Reader

PHASE_DESIGNS: tuple[model.PhaseDesign, ...] = get_args(model.PhaseDesign)
VISIT_KINDS: tuple[model.VisitKind, ...] = get_args(model.VisitKind)
CRITERION_KINDS: tuple[model.CriterionKind, ...] = get_args(model.CriterionKind)
CLOCK_UNITS: tuple[model.ClockUnit, ...] = get_args(model.ClockUnit)
EDSS_BASELINES: tuple[model.EdssBaseline, ...] = get_args(model.EdssBaseline)
COURSE_RECORDERS: tuple[model.CourseRecorder, ...] = get_args(model.CourseRecorder)
COMBINATIONS: tuple[model.PointsCombination, ...] = get_args(model.PointsCombination)

# The registry names each country by its class and its codes; importing a calendar here would slow every start.
HOLIDAY_COUNTRIES = frozenset(code for names in COUNTRIES.values() for code in names if len(code) == 2)
LONGEST_DAYS = 3650
FIELD_RANGE = re.compile(r"([a-z][a-z0-9_]*?)([0-9]{1,3})\.\.([0-9]{1,3})([a-z0-9_]*)")
FIELD = re.compile(r"[a-z][a-z0-9_]*")


def load_protocol(path: Path) -> model.Protocol:
    """The protocol in this file; raises `ProtocolError` with every problem found."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        raise ProtocolError(str(path), [Problem(key="", reason=reason)]) from error
    return parse_protocol(content, source=str(path))


def parse_protocol(content: bytes, source: str) -> model.Protocol:
    """The protocol in this TOML; `source` names it in messages."""
    table = _parse_toml(content, source)
    return read_protocol(table, source=source, digest=hashlib.sha256(content).hexdigest())


def read_protocol(table: Mapping[str, object], source: str, digest: str) -> model.Protocol:
    """The protocol in these parsed tables, decimal fractions as `Decimal`."""
    findings = Findings()
    document = Reader(table, "", findings)
    protocol = _read_document(document, digest)
    document.finish()
    check_agreement(protocol, findings)
    if findings.problems:
        raise ProtocolError(source, findings.problems)
    return protocol


def _parse_toml(content: bytes, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode(), parse_float=Decimal)
    except UnicodeDecodeError as error:
        reason = f"the file is not UTF-8 text (byte {error.start})"
        raise ProtocolError(source, [Problem(key="", reason=reason)]) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = f"the file is not valid TOML: {error}"
        raise ProtocolError(source, [Problem(key="", reason=reason)]) from error


def _read_document(document: Reader, digest: str) -> model.Protocol:
    schemes, scheme = document.one("vhiss", _read_vhiss)
    return model.Protocol(
        key=document.identifier("key"),
        version=document.text("version"),
        title=document.text("title"),
        acronym=document.text("acronym"),
        registry=document.text("registry"),
        digest=digest,
        sites=document.many("sites", _read_site, "code"),
        arms=document.many("arms", _read_arm, "key"),
        phases=document.many("phases", _read_phase, "number"),
        visits=document.many("visits", _read_visit, "key"),
        criteria=document.many("criteria", _read_criterion, "code"),
        limits=document.one("limits", _read_limits),
        doppler=document.one("doppler", _read_doppler),
        vhiss=scheme,
        vhiss_schemes=schemes,
        response=document.one("response", _read_response),
        relapse=document.one("relapse", _read_relapse),
        edss=document.one("edss", _read_edss),
        consent_versions=document.one("consent", _read_consent),
        safety=document.one("safety", _read_safety),
        accounts=document.one("accounts", _read_accounts),
        checks=document.one("checks", _read_checks),
        prohibited_medication_words=document.one("medication", _read_prohibited_words),
        review=document.one("review", _read_review),
        analysis=document.one("analysis", _read_analysis),
        quality_of_life_instruments=document.one("instruments", _read_instruments),
        settings=list_settings(document.table),
        telling_words=document.one("blinding", _read_telling_words) if document.has("blinding") else (),
    )


# ---------------------------------------------------------------------------------- who and which arm


def _read_site(reader: Reader) -> model.Site:
    return model.Site(code=_read_site_code(reader), name=reader.text("name"), time_zone=_read_time_zone(reader))


def _read_site_code(reader: Reader) -> str:
    code = reader.text("code")
    if code and not re.fullmatch(r"[A-Z0-9]+", code):
        reader.refuse("code", f"must be capital letters and digits, not {code!r}")
    return code


def _read_time_zone(reader: Reader) -> str:
    name = reader.text("time_zone")
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.refuse("time_zone", f"there is no time zone {name!r}; use a name such as America/New_York")
    return name


def _read_arm(reader: Reader) -> model.Arm:
    return model.Arm(
        key=reader.identifier("key"),
        label=reader.text("label"),
        is_open=reader.flag("is_open"),
        is_sham=reader.flag("is_sham"),
    )


def _read_phase(reader: Reader) -> model.Phase:
    return model.Phase(
        number=reader.whole("number", least=1, most=9),
        label=reader.text("label"),
        design=reader.choice("design", PHASE_DESIGNS),
        planned_n=reader.whole("planned_n", least=1),
        screened_n=reader.optional_whole("screened_n", least=1),
        patient_number_pattern=_read_pattern(reader),
        arms=reader.texts("arms", least=1),
        allocation=reader.one("allocation", _read_allocation) if reader.has("allocation") else None,
        doppler_criteria=reader.wholes("doppler_criteria"),
        doppler_minimum=reader.whole("doppler_minimum"),
        basis=reader.basis(),
    )


def _read_pattern(reader: Reader) -> str:
    """A pattern that numbers patients: it holds {n} or {n:03d}, and nothing in braces but {site}."""
    name = "patient_number_pattern"
    pattern = reader.text(name)
    if pattern and not _is_pattern(pattern):
        reader.refuse(name, f"must hold {{n}} or {{n:03d}}, may hold {{site}}, nothing else in braces: {pattern!r}")
    return pattern


def _is_pattern(pattern: str) -> bool:
    try:
        pieces = list(string.Formatter().parse(pattern))
    except ValueError:
        return False
    fields = [(name, form) for _, name, form, conversion in pieces if name is not None and conversion is None]
    braces = sum(name is not None for _, name, _, _ in pieces)
    numbers = [form for name, form in fields if name == "n" and re.fullmatch(r"(0[1-9]d)?", form or "")]
    sites = [form for name, form in fields if name == "site" and not form]
    return len(numbers) == 1 and len(sites) <= 1 and len(numbers) + len(sites) == braces


def _read_allocation(reader: Reader) -> model.Allocation:
    reader.basis()
    return model.Allocation(ratio=reader.one("ratio", _read_ratio), strata=reader.choices("strata", model.STRATA))


def _read_ratio(reader: Reader) -> Mapping[str, int]:
    return MappingProxyType({arm: reader.whole(arm, least=1, most=100) for arm in reader.names()})


# ---------------------------------------------------------------------------------- visits


def _read_visit(reader: Reader) -> model.PlannedVisit:
    kind = reader.choice("kind", VISIT_KINDS)
    day, earliest, latest = _read_days(reader, is_planned=kind != "unscheduled")
    first_hour, last_hour = _read_hours(reader)
    return model.PlannedVisit(
        key=reader.identifier("key"),
        label=reader.text("label"),
        short_label=reader.text("short_label"),
        kind=kind,
        day=day,
        earliest_day=earliest,
        latest_day=latest,
        earliest_hours=first_hour,
        latest_hours=last_hour,
        forms=_read_due_forms(reader),
        phases=reader.wholes("phases", least=1, smallest=1),
        basis=reader.basis(),
    )


def _read_days(reader: Reader, *, is_planned: bool) -> tuple[int | None, int | None, int | None]:
    names = ("day", "earliest_day", "latest_day")
    if is_planned:
        day, earliest, latest = (reader.whole(name, -LONGEST_DAYS, LONGEST_DAYS) for name in names)
        return day, earliest, latest
    for name in names:
        if reader.has(name):
            reader.refuse(name, "an unscheduled visit has no planned day")
    return None, None, None


def _read_hours(reader: Reader) -> tuple[int | None, int | None]:
    if not (reader.has("earliest_hours") or reader.has("latest_hours")):
        return None, None
    return reader.whole("earliest_hours"), reader.whole("latest_hours")


def _read_due_forms(reader: Reader) -> tuple[model.DueForm, ...]:
    forms = reader.many("forms", _read_due_form)
    reader.refuse_twice("forms", ((due.form, due.when) for due in forms), ".form")
    return forms


def _read_due_form(reader: Reader) -> model.DueForm:
    return model.DueForm(
        form=reader.choice("form", model.VISIT_FORMS),
        is_required=reader.flag("is_required"),
        when=reader.choice("when", model.DUE_CONDITIONS) if reader.has("when") else None,
    )


# ---------------------------------------------------------------------------------- eligibility


def _read_criterion(reader: Reader) -> model.Criterion:
    rule = reader.choice("rule", tuple(model.CRITERION_RULES))
    return model.Criterion(
        code=reader.identifier("code"),
        kind=reader.choice("kind", CRITERION_KINDS),
        text=reader.text("text"),
        rule=rule,
        parameters=_read_parameters(reader, rule),
        phases=reader.wholes("phases", least=1, smallest=1),
        basis=reader.basis(),
    )


def _read_parameters(reader: Reader, rule: str) -> Mapping[str, object]:
    kinds = model.CRITERION_RULES[rule]
    if reader.touched("rule"):
        reader.has("parameters")
        return {}
    if not kinds:
        if reader.has("parameters"):
            reader.refuse("parameters", f"the rule {rule} takes no parameters")
        return {}

    def read(parameters: Reader) -> Mapping[str, object]:
        values = {name: _read_parameter(parameters, name, kind) for name, kind in kinds.items()}
        return MappingProxyType(values)

    return reader.one("parameters", read)


def _read_parameter(reader: Reader, name: str, kind: str) -> object:
    if kind == "whole":
        return reader.whole(name)
    if kind == "number":
        return reader.number(name)
    if kind == "edss":
        return _read_edss_step(reader, name)
    if kind == "courses":
        return reader.choices(name, model.MS_COURSES, least=1)
    return reader.text(name)


def _read_edss_step(reader: Reader, name: str) -> Decimal:
    step = reader.number(name)
    if step not in model.EDSS_STEPS:
        reader.refuse(name, f"must be a step of the EDSS (0, 1.0, 1.5 ... 10), not {step}")
    return step


# ---------------------------------------------------------------------------------- thresholds, scores


def _read_doppler(reader: Reader) -> model.DopplerThresholds:
    return model.DopplerThresholds(
        neck_reflux_above_s=reader.number("neck_reflux_above_s"),
        intracranial_reflux_above_s=reader.number("intracranial_reflux_above_s"),
        stenosis_area_at_most_mm2=reader.number("stenosis_area_at_most_mm2"),
        stenosis_reduction_at_least_pct=_read_percent(reader, "stenosis_reduction_at_least_pct"),
        venography_stenosis_at_least_pct=_read_percent(reader, "venography_stenosis_at_least_pct"),
        absence_in_one_posture_counts_with_reflux=reader.flag("absence_in_one_posture_counts_with_reflux"),
        basis=reader.basis(),
    )


def _read_percent(reader: Reader, name: str) -> Decimal:
    percent = reader.number(name)
    if percent > 100:
        reader.refuse(name, f"must be 100 or less, not {percent}")
    return percent


def _read_vhiss(reader: Reader) -> tuple[tuple[model.VhissScheme, ...], model.VhissScheme]:
    """All schemes, and the one in use."""
    schemes = reader.many("schemes", _read_scheme, "key")
    reader.basis()
    key = reader.text("scheme")
    for scheme in schemes:
        if scheme.key == key:
            return schemes, scheme
    if key:
        keys = ", ".join(scheme.key for scheme in schemes)
        reader.refuse("scheme", f"there is no scheme {key!r} among {keys}")
    return schemes, _NO_SCHEME


# Stands in for a scheme that is not there; the file is refused.
_NO_SCHEME = model.VhissScheme(key="", version="", label="", maximum=0, parts=(), basis="")


def _read_scheme(reader: Reader) -> model.VhissScheme:
    return model.VhissScheme(
        key=reader.identifier("key"),
        version=reader.text("version"),
        label=reader.text("label"),
        maximum=reader.whole("maximum", least=1),
        parts=reader.many("parts", _read_part, "criterion"),
        basis=reader.basis(),
    )


def _read_part(reader: Reader) -> model.VhissPart:
    return model.VhissPart(
        criterion=reader.whole("criterion", least=1, most=5),
        veins=reader.choices("veins", model.VEINS, least=1),
        rules=reader.many("rules", _read_vhiss_rule, "condition"),
        combination=reader.choice("combination", COMBINATIONS),
        maximum=reader.whole("maximum", least=1),
    )


def _read_vhiss_rule(reader: Reader) -> model.VhissRule:
    condition = reader.choice("condition", model.VHISS_CONDITIONS)
    has_bounds = condition == "csa_change_within"
    return model.VhissRule(
        condition=condition,
        points=reader.whole("points", least=1),
        at_least_mm2=reader.number("at_least_mm2", least=None) if has_bounds else None,
        at_most_mm2=reader.number("at_most_mm2", least=None) if has_bounds else None,
    )


def _read_response(reader: Reader) -> model.ResponseRule:
    return model.ResponseRule(
        reduction_above_pct=reader.whole("reduction_above_pct", most=100),
        baseline_visits=reader.texts("baseline_visits", least=1),
        visit=reader.text("visit"),
        low_baseline_below=reader.whole("low_baseline_below"),
        basis=reader.basis(),
    )


def _read_relapse(reader: Reader) -> model.RelapseRule:
    return model.RelapseRule(
        lasts_longer_than_hours=reader.whole("lasts_longer_than_hours"),
        stable_before_days=reader.whole("stable_before_days"),
        exam_within_days=reader.whole("exam_within_days"),
        exam_latest_days=reader.whole("exam_latest_days"),
        edss_rise=reader.number("edss_rise"),
        one_system_rise=reader.whole("one_system_rise", least=1),
        two_systems_rise=reader.whole("two_systems_rise", least=1),
        basis=reader.basis(),
    )


def _read_edss(reader: Reader) -> model.EdssRules:
    return model.EdssRules(
        baseline=reader.choice("baseline", EDSS_BASELINES),
        large_change=reader.number("large_change"),
        large_system_change=reader.whole("large_system_change", least=1),
        progression=reader.many("progression", _read_progression),
        confirmation_weeks=reader.wholes("confirmation_weeks", least=1, smallest=1),
        basis=reader.basis(),
    )


def _read_progression(reader: Reader) -> model.ProgressionStep:
    return model.ProgressionStep(
        baseline_min=_read_edss_step(reader, "baseline_min"),
        baseline_max=_read_edss_step(reader, "baseline_max"),
        rise=reader.number("rise", least=Decimal("0.5")),
    )


# ---------------------------------------------------------------------------------- consent, safety, the rest


def _read_consent(reader: Reader) -> tuple[model.ConsentVersion, ...]:
    reader.basis()
    return reader.many("versions", _read_consent_version, "version")


def _read_consent_version(reader: Reader) -> model.ConsentVersion:
    return model.ConsentVersion(
        version=reader.text("version"),
        valid_from_on=reader.day("valid_from_on"),
        valid_to_on=reader.optional_day("valid_to_on"),
    )


def _read_safety(reader: Reader) -> model.Safety:
    return model.Safety(
        regime=reader.choice("regime", model.SAFETY_REGIMES),
        holiday_country=_read_country(reader),
        time_needed_hours=reader.whole("time_needed_hours"),
        early_window_hours=reader.whole("early_window_hours", least=1),
        late_window_days=reader.whole("late_window_days", least=1),
        long_stay_hours=reader.whole("long_stay_hours", least=1),
        clocks=reader.many("clocks", _read_clock, "key"),
        basis=reader.basis(),
    )


def _read_country(reader: Reader) -> str:
    country = reader.text("holiday_country")
    if country and country not in HOLIDAY_COUNTRIES:
        reader.refuse("holiday_country", f"there is no holiday calendar for {country!r}; use a code such as US")
    return country


def _read_clock(reader: Reader) -> model.SafetyClock:
    return model.SafetyClock(
        key=reader.identifier("key"),
        label=reader.text("label"),
        regime=reader.choice("regime", ("any", *model.SAFETY_REGIMES)),
        applies_to=reader.choice("applies_to", model.CLOCK_EVENTS),
        starts_at=reader.choice("starts_at", model.CLOCK_STARTS),
        sender=reader.text("sender"),
        receiver=reader.text("receiver"),
        amount=reader.whole("amount", least=1),
        unit=reader.choice("unit", CLOCK_UNITS),
        basis=reader.basis(),
    )


def _read_accounts(reader: Reader) -> model.AccountRules:
    reader.basis()
    return model.AccountRules(
        review_days=reader.whole("review_days", least=1, most=LONGEST_DAYS),
        training=reader.many("training", _read_course, "key") if reader.has("training") else (),
    )


def _read_course(reader: Reader) -> model.Course:
    return model.Course(
        key=reader.identifier("key"),
        label=reader.text("label"),
        version=reader.text("version"),
        roles=reader.choices("roles", model.ROLES, least=1),
        valid_months=reader.optional_whole("valid_months", least=1, most=120),
        recorded_by=reader.choice("recorded_by", COURSE_RECORDERS),
    )


def _read_checks(reader: Reader) -> model.CheckRules:
    return model.CheckRules(
        brain_parts_tolerance_pct=_read_percent(reader, "brain_parts_tolerance_pct"),
        timed_trials_differ_above_pct=_read_percent(reader, "timed_trials_differ_above_pct"),
        sdmt_items=reader.whole("sdmt_items", least=1),
        basis=reader.basis(),
    )


def _read_prohibited_words(reader: Reader) -> tuple[str, ...]:
    reader.basis()
    return reader.texts("prohibited_words")


def _read_telling_words(reader: Reader) -> tuple[str, ...]:
    reader.basis()
    words = reader.texts("telling_words", least=1)
    for i, word in enumerate(words):
        if word and not re.match(r"\w.{2}", word):
            reader.refuse(
                f"telling_words[{i}]", f"must have three characters or more, the first a letter or digit, not {word!r}"
            )
    return words


def _read_review(reader: Reader) -> model.ReviewRules:
    reader.basis()
    return model.ReviewRules(
        late_after_days=reader.whole("late_after_days", least=1, most=LONGEST_DAYS),
        critical_fields=_read_critical_fields(reader),
    )


def _read_analysis(reader: Reader) -> model.AnalysisRules:
    return model.AnalysisRules(per_protocol_visit=reader.text("per_protocol_visit"), basis=reader.basis())


def _read_critical_fields(reader: Reader) -> tuple[str, ...]:
    fields = reader.texts("critical_fields")
    for i, text in enumerate(fields):
        form, _, name = text.partition(".")
        if text and (form not in model.FORMS or not FIELD.fullmatch(name)):
            reader.refuse(f"critical_fields[{i}]", f"must be form.field with a known form, not {text!r}")
    return fields


def _read_instruments(reader: Reader) -> tuple[str, ...]:
    reader.basis()
    return reader.choices("quality_of_life", model.QUALITY_OF_LIFE_INSTRUMENTS)


# ---------------------------------------------------------------------------------- limits


def _read_limits(reader: Reader) -> Mapping[str, Mapping[str, model.Limit]]:
    return MappingProxyType({form: _read_form_limits(reader, form) for form in reader.names()})


def _read_form_limits(reader: Reader, form: str) -> Mapping[str, model.Limit]:
    if form not in model.FORMS:
        reader.refuse(form, "is not a form")
        return {}
    return reader.one(form, _read_limits_of_form)


def _read_limits_of_form(reader: Reader) -> Mapping[str, model.Limit]:
    reader.basis()
    return reader.one("fields", _read_field_limits)


def _read_field_limits(reader: Reader) -> Mapping[str, model.Limit]:
    limits: dict[str, model.Limit] = {}
    for name in reader.names():
        limit = reader.one(name, _read_limit)
        for field_name in _fields_named(reader, name):
            if field_name in limits:
                reader.refuse(name, f"{field_name} is there twice")
            limits[field_name] = limit
    return MappingProxyType(limits)


def _fields_named(reader: Reader, name: str) -> tuple[str, ...]:
    """The fields a key stands for: `item_1..3` for item_1, item_2 and item_3."""
    if FIELD.fullmatch(name):
        return (name,)
    match = FIELD_RANGE.fullmatch(name)
    if match is None or int(match[2]) >= int(match[3]):
        reader.refuse(name, "must be a field name, or a range of them such as item_1..3")
        return ()
    return tuple(f"{match[1]}{i}{match[4]}" for i in range(int(match[2]), int(match[3]) + 1))


def _read_limit(reader: Reader) -> model.Limit:
    reader.optional_basis()
    limit = model.Limit(
        hard_min=reader.optional_number("hard_min", least=None),
        hard_max=reader.optional_number("hard_max", least=None),
        soft_min=reader.optional_number("soft_min", least=None),
        soft_max=reader.optional_number("soft_max", least=None),
        unit=reader.text("unit"),
        decimals=reader.whole("decimals", most=6),
        soft_change=reader.optional_number("soft_change"),
        soft_change_pct=reader.optional_number("soft_change_pct"),
    )
    _check_limit(reader, limit)
    return limit


def _check_limit(reader: Reader, limit: model.Limit) -> None:
    """Bounds must widen from soft to hard, and be values that can be entered."""
    named = [(name, getattr(limit, name)) for name in ("hard_min", "soft_min", "soft_max", "hard_max")]
    given = [(name, value) for name, value in named if value is not None]
    if not any(reader.has(name) for name, _ in named):
        reader.refuse("hard_min", "is missing, and so are hard_max, soft_min and soft_max: one is needed")
    for (low_name, low), (high_name, high) in pairwise(given):
        if low > high:
            reader.refuse(low_name, f"{low} is above {high_name} ({high})")
    for name, value in given:
        if value != round(value, limit.decimals):
            reader.refuse(name, f"{value} has more than the {limit.decimals} decimals of the field")
