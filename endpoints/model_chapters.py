"""Chapters and sections of models: lesions against venous outflow, mixed model, time to the first relapse."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from endpoints.behind import name_behind
from endpoints.chapter import Chapter, Summaries
from endpoints.counted import EVENT, PRESENT
from endpoints.derivations.groups import Comparison, Group
from endpoints.layout import Column, FigureLink, Section, Table
from endpoints.material import Material
from endpoints.rows import Summary
from endpoints.summaries import summarize_lesion_models
from endpoints.tables import About, Cube, Effect, Number, Numbers, make_comparison_tables
from endpoints.time_figures import Curve, draw_curves
from endpoints.wording import write_count, write_number, write_p, write_percent

MIXED = Effect("Difference", "mm_diff", ("mm_lo", "mm_hi"), ("mm_p",))
LOG_RANK = Effect("Log-rank: chi-square", "logrank_chisq", None, ("logrank_p",))
HAZARD = Effect("Hazard ratio", "hazard_ratio", ("hazard_ratio_lo", "hazard_ratio_hi"), ("hazard_ratio_p",))
ADJUSTED_MEANS = (
    Number("Adjusted mean", "adjusted_mean"),
    Number("95 % lower", "adjusted_mean_lo"),
    Number("95 % upper", "adjusted_mean_hi"),
)
ONLY_ARMS = "These models compare arms. Pooled, there is nothing of them to show."

# Lesions against venous outflow

_TERMS = {
    "covariate": ("Slope, VHISS change", "slope"),
    "baseline": ("Slope, VHISS at baseline", "baseline_slope"),
    "arm": ("Arm, adjusted difference", "ancova"),
    "interaction": ("Difference of the slopes", "interaction"),
}


def _summarize_models(material: Material) -> Summaries:
    return (summarize_lesion_models(material.facts, material.grouping),)


def _lay_out_models(material: Material, summaries: Summaries) -> Iterator[Section]:
    cube, last = Cube(summaries[0]), material.label_visit(material.facts.plan.final_visit)
    models = (
        ("model_a", "a", "Model A: change and arm", f"New T2 lesions by change of the VHISS to {last} and arm."),
        (
            "model_b",
            "b",
            "Model B: with the baseline",
            "As model A, with the VHISS at baseline as a further covariate.",
        ),
        (
            "model_c",
            "c",
            "Model C: each arm with its own slope",
            (
                "As model A, with a slope of the change for each arm; the slope in the table is that of the reference arm, and the "
                "adjusted difference holds at the mean change."
            ),
        ),
    )
    if not material.grouping.comparisons:
        yield Section("Models", ONLY_ARMS)
    for comparison in material.grouping.comparisons:
        for analysis, key, heading, lead in models:
            yield Section(heading, lead, tables=tuple(make_model_tables(cube, comparison, analysis, key)))


def make_model_tables(cube: Cube, comparison: Comparison, analysis: str, key: str) -> Iterator[Table]:
    """Coefficients with their tests, and adjusted means, of one model of lesions."""
    about = About("", "new_t2_lesions", None, analysis)
    numbers = cube.at(about, comparison.key)
    rows = tuple(_print_term(numbers, *found) for found in _list_terms(numbers))
    columns = tuple(
        Column(heading, heading != "Term", PRESENT if heading == "n" else "")
        for heading in (
            "Term",
            "Estimate",
            "95 % lower",
            "95 % upper",
            "SE",
            "SE, HC3",
            "F, type II",
            "p, type II",
            "F, type III",
            "p, type III",
            "n",
        )
    )
    notes = (
        (
            "Least squares, complete patients of both arms. Type III: sum-to-zero contrasts. HC3: robust to unequal variances. "
            "Limits and SE: classical."
        ),
        *dict.fromkeys(row.note for row in numbers.values() if row.note),
    )
    model = f"model {key.upper()}"
    behind = (name_behind(numbers.get("ancova_diff")),) * len(rows)
    yield Table(f"{key}-terms", f"New T2 lesions, {model}: {comparison.label}", columns, rows, notes, behind)
    arms = [comparison.active, comparison.reference]
    lines = (Column("Group", is_number=False), *(Column(number.heading) for number in ADJUSTED_MEANS))
    means = tuple((arm.label, *(one.print(cube.at(about, arm.key)) for one in ADJUSTED_MEANS)) for arm in arms)
    note = "Covariates at their means over the patients of the model."
    members = tuple(name_behind(cube.at(about, arm.key).get("adjusted_mean")) for arm in arms)
    yield Table(f"{key}-means", f"New T2 lesions per patient, adjusted, {model}", lines, means, (note,), members)


def _list_terms(numbers: Numbers) -> Iterator[tuple[str, str, str]]:
    for term, (label, stem) in _TERMS.items():
        if f"type2_{term}_p" in numbers:
            yield term, label, stem


def _print_term(numbers: Numbers, term: str, label: str, stem: str) -> tuple[str, ...]:
    estimate = {"ancova": "ancova_diff"}.get(stem, stem)
    keys = (estimate, f"{stem}_lo", f"{stem}_hi", f"{stem}_se", f"{stem}_se_hc3")
    tests = [(f"{kind}_{term}_f", f"{kind}_{term}_p") for kind in ("type2", "type3")]
    found = numbers[estimate]
    return (
        label,
        *(write_number(numbers[key].value) for key in keys),
        *(
            write(numbers[key].value)
            for pair in tests
            for key, write in zip(pair, (write_number, write_p), strict=True)
        ),
        write_count(float(found.n)),
    )


MODELS = Chapter(_summarize_models, _lay_out_models)

# Mixed model


def make_mixed_section(material: Material, summary: Summary, analysis: str = "random_intercept") -> Iterator[Section]:
    """The arm difference at each visit; nothing in a pooled report."""
    plan, cube = material.facts.plan, Cube(summary)
    lines = [About(material.label_visit(visit), "vhiss", visit, analysis) for visit in plan.course_visits]
    caption = "VHISS, difference of the arms by visit"
    key = "mixed" if analysis == "random_intercept" else "mixed-unstructured"
    tables = list(make_comparison_tables(key, caption, cube, lines, material.grouping, (MIXED,)))
    if not tables:
        return
    words = (
        "a random intercept per patient"
        if analysis == "random_intercept"
        else "any variances and correlations of the visits"
    )
    lead = (
        f"Mixed model by restricted maximum likelihood: VHISS by baseline, arm, visit and arm by visit, with {words}. "
        "All scores of patients with a baseline count; values are taken to be missing at random. Limits and p: normal."
    )
    if analysis == "random_intercept":
        tables += [_make_mixed_tests(cube, comparison) for comparison in material.grouping.comparisons]
        tables += [_make_other_errors(cube, lines, comparison) for comparison in material.grouping.comparisons]
    heading = "Mixed model" if analysis == "random_intercept" else "Mixed model, unstructured covariance"
    yield Section(heading, lead, tables=tuple(tables))


def _make_mixed_tests(cube: Cube, comparison: Comparison) -> Table:
    numbers = cube.at(About("", "vhiss", None, "random_intercept"), comparison.key)
    terms = {"baseline": "Baseline", "arm": "Arm", "visit": "Visit", "interaction": "Arm by visit"}
    rows = tuple(
        (label, write_number(numbers[f"mm_{term}_f"].value), write_p(numbers[f"mm_{term}_p"].value))
        for term, label in terms.items()
    )
    patients = numbers["mm_observations"]
    note = (
        f"{write_count(patients.value)} scores of {patients.n} patients. Standard deviation between patients "
        f"{write_number(numbers['mm_sd_patient'].value)}, within patients {write_number(numbers['mm_sd_residual'].value)}. "
        "F tests: type III, degrees of freedom after Satterthwaite."
    )
    columns = (Column("Term", is_number=False), Column("F"), Column("p"))
    behind = (name_behind(patients),) * len(rows)
    return Table("mixed-terms", "Tests of the terms", columns, rows, (note,), behind)


def _make_other_errors(cube: Cube, lines: list[About], comparison: Comparison) -> Table:
    shown = (
        Number("SE", "mm_se"),
        Number("df, Satterthwaite", "mm_df"),
        Number("p, Satterthwaite", "mm_p_satterthwaite", write_p),
        Number("SE, Kenward-Roger", "mm_se_kr"),
        Number("df, Kenward-Roger", "mm_df_kr"),
        Number("p, Kenward-Roger", "mm_p_kr", write_p),
    )
    rows = tuple((line.label, *(number.print(cube.at(line, comparison.key)) for number in shown)) for line in lines)
    columns = (Column("Visit", is_number=False), *(Column(number.heading) for number in shown))
    behind = tuple(name_behind(cube.at(line, comparison.key).get("mm_se")) for line in lines)
    return Table("mixed-errors", "The same differences with small-sample tests", columns, rows, behind=behind)


# Time to the first relapse


def make_time_section(material: Material, summary: Summary) -> Section:
    """Landmarks per group, the curves compared, and the curves as a figure."""
    figure = FigureLink(
        "time",
        "Time to the first relapse",
        "Part of the patients without a relapse (Kaplan-Meier); a tick marks where a patient's observation ended.",
    )
    lead = (
        "From the procedure to the first onset; without one, to the last visit at which relapses were asked about. "
        "Patients without such a visit are left out."
    )
    tables = [_make_landmarks(summary, material), *_compare_times(summary, material)]
    return Section("Time to the first relapse", lead, (figure,), tuple(tables))


def _compare_times(summary: Summary, material: Material) -> Iterator[Table]:
    line = [About("", "relapses")]
    effects = (HAZARD, LOG_RANK)
    yield from make_comparison_tables(
        "time", "Time to the first relapse", Cube(summary), line, material.grouping, effects
    )


def _make_landmarks(summary: Summary, material: Material) -> Table:
    headings = ("Patients", "With a relapse", "At risk", "% without", "95 % lower", "95 % upper")
    counted = {"Patients": PRESENT, "With a relapse": EVENT}
    shown = (Column(heading, which=counted.get(heading, "")) for heading in headings)
    columns = (Column("Study day"), Column("Group", is_number=False), *shown)
    days, groups = material.facts.plan.landmark_days, material.grouping.groups
    rows = tuple(_print_landmark(summary, group, day) for day in days for group in groups)
    events = [summary.find(group=group.key, statistic="n_event", day=None) for group in groups]
    behind = tuple(name_behind(row) for _ in days for row in events)
    notes = ("Kaplan-Meier; limits on the log(-log) scale. A dash: nobody was observed so long, or no limits exist.",)
    return Table("time-landmarks", "Without a relapse, by day", columns, rows, notes, behind)


def _print_landmark(summary: Summary, group: Group, day: int) -> tuple[str, ...]:
    found = {row.statistic: row for row in summary.select(group=group.key, analysis="landmark", day=day)}
    events = summary.find(group=group.key, statistic="n_event", day=None)
    parts = (write_percent(found[name].value) for name in ("survival", "survival_lo", "survival_hi"))
    at_risk = write_count(found["n_risk"].value)
    return (str(day), group.label, str(events.n), write_count(events.value), at_risk, *parts)


def draw_time(material: Material, summary: Summary) -> Figure:
    days = (0, *material.facts.plan.landmark_days)
    return draw_curves([_read_curve(summary, group, days) for group in material.grouping.groups], days)


def _read_curve(summary: Summary, group: Group, ticks: tuple[int, ...]) -> Curve:
    steps = summary.select(group=group.key, analysis="curve", statistic="survival")
    events = summary.select(group=group.key, analysis="curve", statistic="n_event")
    patients = summary.patients[summary.patients["group"] == group.key]
    at_risk = [int((patients["time_days"] >= tick).sum()) for tick in ticks]
    ended = {float(day) for day in patients.loc[~patients["is_event"].astype(bool), "time_days"]}
    known = [(row.day or 0.0, row.value if row.value is not None else float("nan")) for row in steps]
    marks = [(day, part) for day, part in known if day in ended]
    return Curve(group.label, [row.day or 0.0 for row in events], [part for _, part in known], marks, at_risk)
