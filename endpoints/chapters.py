"""The families of endpoints: per report which summaries are computed, and which tables and figures they become."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from endpoints.blinding_chapter import BLINDING
from endpoints.chapter import Chapter, Summaries, add_notes
from endpoints.conduct_chapter import CONDUCT
from endpoints.derivations.groups import Grouping
from endpoints.effects_chapter import EFFECTS
from endpoints.event_sections import (
    TERM_DOTS,
    draw_patient_courses,
    draw_terms,
    explain_cut,
    make_course_section,
    make_watch_section,
)
from endpoints.facts import OUTCOMES
from endpoints.families.response import AGAINST_THRESHOLD
from endpoints.figures import Course, Dots, Limits, draw_courses, draw_distribution, draw_dots, draw_proportions
from endpoints.layout import FigureLink, Section, Table
from endpoints.material import Material
from endpoints.missing_chapter import MISSING
from endpoints.model_chapters import MODELS, draw_time, make_mixed_section, make_time_section
from endpoints.rows import Summary
from endpoints.sample_size_chapter import SAMPLE_SIZE
from endpoints.sensitivity_chapter import SENSITIVITY
from endpoints.summaries import (
    summarize_adverse_events,
    summarize_baseline,
    summarize_change,
    summarize_course,
    summarize_lesions,
    summarize_mixed_model,
    summarize_relapses,
    summarize_response,
    summarize_stopping_watch,
    summarize_time_to_relapse,
)
from endpoints.tables import (
    CHANGE_EFFECTS,
    COUNT_EFFECTS,
    DESCRIPTION,
    DISTRIBUTION,
    EXACT_LIMITS,
    EXACT_RATES,
    EXTREMES,
    PROPORTION,
    PROPORTION_EFFECTS,
    QUARTILES,
    RATE,
    RATES,
    SIGNED_RANK,
    WITHIN,
    About,
    Cube,
    Number,
    make_comparison_tables,
    make_distribution_table,
    make_group_table,
    uncapitalize,
)
from endpoints.wording import write_count, write_p

# Baseline


def _summarize_baseline(material: Material) -> Summaries:
    return (summarize_baseline(material.facts, material.grouping),)


_SEX = (
    Number("Women", "female", write_count),
    Number("Men", "male", write_count),
    Number("Not known", "sex_missing", write_count),
)


def _lay_out_baseline(material: Material, summaries: Summaries) -> Iterator[Section]:
    (summary,) = summaries
    cube = Cube(summary)
    found = dict.fromkeys((row.outcome, row.visit) for row in summary.rows if row.outcome != "sex")
    lines = [About(_name_outcome(outcome), outcome, visit) for outcome, visit in found]
    values = make_group_table("values", "Values at baseline", cube, lines, material.grouping, DESCRIPTION)
    sex = make_group_table("sex", "Sex", cube, [About("", "sex")], material.grouping, _SEX)
    yield Section(
        "Analyzed patients at baseline",
        "Described only: a difference between randomized groups at baseline is chance, so none is tested.",
        tables=(add_notes(values, QUARTILES), sex),
    )


def _name_outcome(key: str) -> str:
    outcome = OUTCOMES.get(key)
    if outcome is None:
        return "Age (years)"
    return f"{outcome.label} ({outcome.unit})"


# Safety


def _summarize_safety(material: Material) -> Summaries:
    facts, grouping = material.facts, material.grouping
    return (summarize_adverse_events(facts, grouping), summarize_stopping_watch(facts, grouping))


_EVENTS = Number("Events", "events", write_count)
_PERIODS = ("within_24h", "within_1m")


def _lay_out_safety(material: Material, summaries: Summaries) -> Iterator[Section]:
    cube = Cube(summaries[0])
    categories = _list_categories(summaries[0])
    lead = (
        "Patients with at least one event that began on the day of the procedure or later; an unknown day counts as later. "
        "Everyone treated is the denominator. Related: at least possibly, to the procedure, a device, contrast medium or sedation."
    )
    figure = FigureLink(
        "events", "Patients with adverse events", "Per kind of event the percentage of patients, with exact limits."
    )
    yield Section(
        "Patients with adverse events",
        lead,
        (figure,),
        tuple(_make_event_tables("events", "Patients with at least one event", cube, categories, material)),
    )
    yield from make_watch_section(material, Cube(summaries[1]))
    terms = _list_lines(summaries[0], "term")
    if terms:
        tables = tuple(_make_event_tables("terms", "Patients by event", cube, terms, material))
        lead = " ".join(("Coded terms where coded, else as reported; one spelling each.", *explain_cut(terms)))
        yield Section("By event", lead, (TERM_DOTS,), tables)
    grades = _list_lines(summaries[0], "max_grade")
    table = make_group_table("grades", "Patients by highest grade", cube, grades, material.grouping, PROPORTION)
    yield Section(
        "By severity", "CTCAE grade of the worst event of each patient.", tables=(add_notes(table, EXACT_LIMITS),)
    )


def _list_lines(summary: Summary, analysis: str) -> list[About]:
    found = {row.outcome: row.outcome_label for row in summary.rows if row.analysis == analysis}
    return [About(label, outcome, None, analysis) for outcome, label in found.items()]


def _list_categories(summary: Summary) -> list[About]:
    """The two periods that the safety endpoints name come first."""
    return sorted(_list_lines(summary, "category"), key=lambda line: line.outcome not in _PERIODS)


def _make_event_tables(
    key: str, caption: str, cube: Cube, lines: Sequence[About], material: Material
) -> Iterator[Table]:
    table = make_group_table(key, caption, cube, lines, material.grouping, (*PROPORTION, _EVENTS))
    yield add_notes(table, EXACT_LIMITS)
    yield from make_comparison_tables(key, caption, cube, lines, material.grouping, PROPORTION_EFFECTS)


def _draw_safety(material: Material, summaries: Summaries) -> Figure:
    cube, lines = Cube(summaries[0]), _list_categories(summaries[0])
    groups = {
        group.label: [_read_limits(cube, line, group.key) for line in lines] for group in material.grouping.groups
    }
    return draw_proportions([line.label for line in lines], groups)


def _draw_terms(material: Material, summaries: Summaries) -> Figure:
    return draw_terms(Cube(summaries[0]), _list_lines(summaries[0], "term"), material.grouping)


def _draw_patient_courses(material: Material, _: Summaries) -> Figure:
    return draw_patient_courses(material)


def _read_limits(cube: Cube, line: About, group: str) -> Limits:
    numbers = cube.at(line, group)
    return Limits(
        *(_as_percent(numbers[name].value if name in numbers else None) for name in ("prop", "cp_lo", "cp_hi"))
    )


def _as_percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


# Venous outflow


def _summarize_vhiss(material: Material) -> Summaries:
    facts, grouping = material.facts, material.grouping
    return (
        summarize_response(facts, grouping),
        summarize_course(facts, grouping),
        summarize_mixed_model(facts, grouping),
    )


def _lay_out_vhiss(material: Material, summaries: Summaries) -> Iterator[Section]:
    yield _make_response_section(material, Cube(summaries[0]))
    yield _make_course_section(material, Cube(summaries[1]))
    yield from make_mixed_section(material, summaries[2])


def _make_response_section(material: Material, cube: Cube) -> Section:
    plan = material.facts.plan
    lines = [
        About("Evaluable patients", "vhiss", plan.response_visit),
        About("All; not evaluable counts as no response", "vhiss", plan.response_visit, "nonresponder_imputation"),
    ]
    visit, percent = material.label_visit(plan.response_visit), float(100 * plan.response_threshold)
    caption = f"Response at {visit}"
    table = make_group_table(
        "response", caption, cube, lines, material.grouping, PROPORTION, withhold_below=material.withhold_below
    )
    comparisons = make_comparison_tables("response", caption, cube, lines, material.grouping, PROPORTION_EFFECTS)
    lead = (
        f"A responder's score at {visit} is lower than at baseline by strictly more than {percent:g} %. "
        "Not evaluable: no score at the visit, or none at baseline, or a baseline of zero."
    )
    return Section(
        "Response", lead, tables=(add_notes(table, EXACT_LIMITS), *_test_openly(material, cube), *comparisons)
    )


_AGAINST_THRESHOLD = (
    Number("n", "n", write_count),
    Number("Mean change, %", "mean"),
    Number("95 % lower", "threshold_lo"),
    Number("95 % upper", "threshold_hi"),
    Number("Median change, %", "median"),
    Number("p, t test", "threshold_p", write_p),
    Number("p, signed rank", "threshold_wilcoxon_p", write_p),
)


def _test_openly(material: Material, cube: Cube) -> Iterator[Table]:
    """The percent change of those treated openly against the fall that makes a responder."""
    plan = material.facts.plan
    groups = tuple(group for group in material.grouping.groups if group.is_open)
    if not groups:
        return
    percent = f"{float(-100 * plan.response_threshold):g} %"
    yield add_notes(
        make_group_table(
            "threshold",
            f"Change at {material.label_visit(plan.response_visit)} against {percent}, treated openly",
            cube,
            [About("", "vhiss", plan.response_visit, AGAINST_THRESHOLD)],
            Grouping(groups),
            _AGAINST_THRESHOLD,
            withhold_below=material.withhold_below,
        ),
        f"Two-sided, of the percent change from {percent}; limits: one-sample t. Signed rank: zeros dropped, exact given the ties up to 60 patients.",
    )


def _make_course_section(material: Material, cube: Cube) -> Section:
    plan, grouping, least = material.facts.plan, material.grouping, material.withhold_below
    values = [About(material.label_visit(visit), "vhiss", visit, "value") for visit in plan.visits]
    changes = [About(material.label_visit(visit), "vhiss", visit, "change") for visit in plan.course_visits]
    shown = tuple(number for number in DESCRIPTION if not (least and number.statistic in EXTREMES))
    tables = [
        add_notes(
            make_group_table("course", "VHISS by visit", cube, values, grouping, shown, withhold_below=least), QUARTILES
        ),
        add_notes(
            make_group_table(
                "change", "Change of the VHISS from baseline", cube, changes, grouping, WITHIN, withhold_below=least
            ),
            SIGNED_RANK,
        ),
        *make_comparison_tables("change", "Change of the VHISS from baseline", cube, changes, grouping, CHANGE_EFFECTS),
    ]
    what = "Medians and quartiles by visit." if least else "One line per patient; medians and quartiles in black."
    figure = FigureLink("course", "VHISS over the visits", f"{what} A fall means better venous outflow.")
    return Section("Course", "Lower is better; the score runs from 0 to 16.", (figure,), tuple(tables))


def _draw_course(material: Material, summaries: Summaries) -> Figure:
    visits = material.facts.plan.visits
    cube, patients = Cube(summaries[1]), summaries[1].patients
    courses = [
        Course(
            group.label,
            [] if material.withhold_below else _list_courses(patients[patients["group"] == group.key], visits),
            [_read(cube, visit, group.key, "median", material.withhold_below) for visit in visits],
            [
                (
                    _read(cube, visit, group.key, "q1_type7", material.withhold_below),
                    _read(cube, visit, group.key, "q3_type7", material.withhold_below),
                )
                for visit in visits
            ],
        )
        for group in material.grouping.groups
    ]
    return draw_courses(courses, [material.label_visit(visit) for visit in visits], "VHISS, points")


def _read(cube: Cube, visit: str, group: str, statistic: str, least: int) -> float:
    row = cube.at(About("", "vhiss", visit, "value"), group).get(statistic)
    return float("nan") if row is None or row.value is None or row.n < least else row.value


def _list_courses(patients: pd.DataFrame, visits: Sequence[str]) -> list[list[float]]:
    wide = patients.pivot_table(index="subject", columns="visit", values="value", aggfunc="first")
    return [list(map(float, row)) for row in wide.reindex(columns=list(visits)).to_numpy()]


# Counts over the follow-up


def _summarize_lesions(material: Material) -> Summaries:
    return (summarize_lesions(material.facts, material.grouping),)


def _summarize_relapses(material: Material) -> Summaries:
    facts, grouping = material.facts, material.grouping
    return (summarize_relapses(facts, grouping), summarize_time_to_relapse(facts, grouping))


_COUNT_LEAD = (
    "Added up over the follow-up visits; a visit missed in between shortens nothing. Patients without any count are "
    "missing, not zero. Completers have a count at the last visit."
)


def _lay_out_lesions(material: Material, summaries: Summaries) -> Iterator[Section]:
    cube = Cube(summaries[0])
    figure = FigureLink(
        "per-patient", "New lesions per patient", "One dot per patient and kind of lesion; the line is the mean."
    )
    for order, (outcome, key) in enumerate((("new_ce_lesions", "enhancing"), ("new_t2_lesions", "t2"))):
        yield Section(
            OUTCOMES[outcome].label,
            _COUNT_LEAD if order == 0 else "",
            (figure,) if order == 0 else (),
            tuple(_make_count_tables(material, cube, outcome, key)),
        )


def _lay_out_relapses(material: Material, summaries: Summaries) -> Iterator[Section]:
    figure = FigureLink(
        "patients", "Patients by number of relapses", "A bar per group, divided by relapses per patient."
    )
    tables = tuple(_make_count_tables(material, Cube(summaries[0]), "relapses", "relapses"))
    yield Section("Relapses over the follow-up", _COUNT_LEAD, (figure,), tables)
    yield make_time_section(material, summaries[1])
    yield make_course_section(material)


def _make_count_tables(material: Material, cube: Cube, outcome: str, key: str) -> Iterator[Table]:
    label, grouping = OUTCOMES[outcome].label, material.grouping
    everyone = About("", outcome, None, "available")
    lines = [replace(everyone, label="All with a count"), About("Completers", outcome, None, "completers")]
    numbers = (*DESCRIPTION[:2], Number("Total", "sum", write_count), *DESCRIPTION[2:])
    yield add_notes(make_group_table(key, f"{label} per patient", cube, lines, grouping, numbers), QUARTILES)
    yield make_distribution_table(
        f"{key}-patients", f"Patients by number of {uncapitalize(label)}", cube, everyone, grouping
    )
    yield add_notes(make_group_table(f"{key}-rates", f"{label}: rates", cube, lines, grouping, RATE), EXACT_RATES)
    any_event = make_group_table(
        f"{key}-any", f"Patients with one or more {uncapitalize(label)}", cube, [everyone], grouping, PROPORTION
    )
    yield add_notes(any_event, EXACT_LIMITS)
    effects = (DISTRIBUTION, RATES, *COUNT_EFFECTS) if outcome == "relapses" else COUNT_EFFECTS
    yield from make_comparison_tables(key, label, cube, [everyone], grouping, tuple(dict.fromkeys(effects)))


def _draw_lesions(material: Material, summaries: Summaries) -> Figure:
    patients = summaries[0].patients
    return draw_dots(
        [
            Dots(
                OUTCOMES[outcome].label,
                {group.label: _list_counts(patients, outcome, group.key) for group in material.grouping.groups},
            )
            for outcome in ("new_ce_lesions", "new_t2_lesions")
        ],
        "lesions",
    )


def _list_counts(patients: pd.DataFrame, outcome: str, group: str) -> list[float]:
    chosen = patients[(patients["outcome"] == outcome) & (patients["group"] == group)]
    return [float(value) for value in chosen["cumulative"].dropna()]


def _draw_time(material: Material, summaries: Summaries) -> Figure:
    return draw_time(material, summaries[1])


def _draw_relapses(material: Material, summaries: Summaries) -> Figure:
    cube, about = Cube(summaries[0]), About("", "relapses", None, "available")
    prefix = "patients_with_"
    groups = {
        group.label: {
            int(name.removeprefix(prefix)): int(row.value or 0)
            for name, row in cube.at(about, group.key).items()
            if name.startswith(prefix)
        }
        for group in material.grouping.groups
    }
    return draw_distribution(groups, "relapses")


# Change from baseline


def _make_change_chapter(*outcomes: str, lead: str) -> Chapter:
    def summarize(material: Material) -> Summaries:
        found = (summarize_change(material.facts, material.grouping, outcome) for outcome in outcomes)
        named = zip(outcomes, found, strict=True)
        return tuple(replace(one, patients=one.patients.assign(outcome=outcome)) for outcome, one in named)

    def lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
        for order, (outcome, summary) in enumerate(zip(outcomes, summaries, strict=True)):
            yield _make_change_section(material, Cube(summary), outcome, lead if order == 0 else "")

    return Chapter(summarize, lay_out, listed=tuple(range(len(outcomes))))


def _make_change_section(material: Material, cube: Cube, outcome: str, lead: str) -> Section:
    label, unit = OUTCOMES[outcome].label, OUTCOMES[outcome].unit
    key = outcome.replace("_", "-")
    plan, grouping = material.facts.plan, material.grouping
    lines = [About(material.label_visit(visit), outcome, visit, "change") for visit in plan.change_visits]
    caption = f"{label}, {unit}" if OUTCOMES[outcome].is_change else f"Change of {label} from baseline, {unit}"
    tables = [
        add_notes(make_group_table(key, caption, cube, lines, grouping, DESCRIPTION), QUARTILES),
        add_notes(
            make_group_table(f"{key}-within", f"{caption}: within groups", cube, lines, grouping, WITHIN), SIGNED_RANK
        ),
        *make_comparison_tables(key, caption, cube, lines, grouping, CHANGE_EFFECTS),
    ]
    return Section(label, lead, tables=tuple(tables))


CHAPTERS: Mapping[str, Chapter] = {
    "effects": EFFECTS,
    "missing": MISSING,
    "models": MODELS,
    "sample-size": SAMPLE_SIZE,
    "sensitivity": SENSITIVITY,
    "baseline": Chapter(_summarize_baseline, _lay_out_baseline),
    "blinding": BLINDING,
    "conduct": CONDUCT,
    "safety": Chapter(
        _summarize_safety,
        _lay_out_safety,
        {"events": _draw_safety, "dots": _draw_terms},
    ),
    "vhiss": Chapter(_summarize_vhiss, _lay_out_vhiss, {"course": _draw_course}, listed=(1,)),
    "lesions": Chapter(_summarize_lesions, _lay_out_lesions, {"per-patient": _draw_lesions}),
    "relapses": Chapter(
        _summarize_relapses,
        _lay_out_relapses,
        {"patients": _draw_relapses, "time": _draw_time, "courses": _draw_patient_courses},
    ),
    "disability": _make_change_chapter("edss", lead="The step of the rater. A rise means more disability."),
    "brain-volume": _make_change_chapter(
        "pbvc",
        lead="Percentage brain volume change since the baseline scan, tested against no change; more negative is worse.",
    ),
    "cognition": _make_change_chapter(
        "sdmt", "pasat", lead="Correct answers; higher is better. Sessions marked as not valid are left out."
    ),
    "quality-of-life": _make_change_chapter(
        "msqol_physical", "msqol_mental", lead="MSQOL-54 composites from 0 to 100; higher is better."
    ),
}
