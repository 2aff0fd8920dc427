"""The same questions by other methods and other rules, beside the answers of the primary analysis."""

from collections.abc import Iterator

from endpoints.chapter import Chapter, Summaries, add_notes
from endpoints.facts import OUTCOMES
from endpoints.layout import NOT_DEFINED, Section, Table
from endpoints.material import Material
from endpoints.model_chapters import HAZARD, LOG_RANK, make_mixed_section, make_model_tables
from endpoints.sets_chapter import make_sets_section, summarize_sets
from endpoints.summaries import (
    summarize_course,
    summarize_lesion_models,
    summarize_lesions,
    summarize_mixed_model,
    summarize_planned_rates,
    summarize_relapses,
    summarize_response,
    summarize_time_to_relapse,
    summarize_time_to_report,
)
from endpoints.tables import (
    EXACT_LIMITS,
    EXACT_RATES,
    PROPORTION,
    PROPORTION_EFFECTS,
    RANKS,
    RATE,
    RATES,
    About,
    Cube,
    Effect,
    Number,
    make_comparison_tables,
    make_group_table,
    uncapitalize,
)
from endpoints.wording import write_count, write_p


def _write_nothing(_: float | None) -> str:
    """In the place of the estimate of a test that has none."""
    return NOT_DEFINED


_SHIFT = ("hl_lo", "hl_hi")
_WELCH, _POOLED = ("welch_lo", "welch_hi"), ("pooled_lo", "pooled_hi")
_EXACT, _NB = ("rate_ratio_lo", "rate_ratio_hi"), ("nb_profile_lo", "nb_profile_hi")
COUNT_VERSIONS = (
    Effect("Shift, exact", "hl_shift", _SHIFT, ("mw_p_exact",)),
    Effect("Shift, exact, tail doubled", "hl_shift", _SHIFT, ("mw_p_exact_doubled",)),
    Effect("Shift, normal", "hl_shift", _SHIFT, ("mw_p_asym",)),
    Effect("Shift, normal, corrected", "hl_shift", _SHIFT, ("mw_p_asym_cc",)),
    Effect("Difference of means, permutation", "mean_diff", _WELCH, ("perm_p_exact",)),
    Effect("Difference of means, permutation, tail doubled", "mean_diff", _WELCH, ("perm_p_exact_doubled",)),
    Effect("Difference of means, permutation, normal", "mean_diff", _WELCH, ("perm_p_asym",)),
    Effect("Difference of means, Welch", "mean_diff", _WELCH, ("welch_p",)),
    Effect("Difference of means, Student", "mean_diff", _POOLED, ("pooled_p",)),
    RATES,
    Effect("Rate ratio, exact, tail doubled", "rate_ratio", _EXACT, ("rate_ratio_p_doubled",)),
    Effect("Rate ratio, Poisson regression", "rate_ratio", ("poisson_lo", "poisson_hi"), ("poisson_p",)),
    Effect("Rate ratio, negative binomial", "nb_rate_ratio", ("nb_lo", "nb_hi"), ("nb_p",)),
    Effect("Rate ratio, negative binomial, likelihood", "nb_rate_ratio", _NB, ("nb_lr_p",)),
    Effect(
        "Rate ratio, negative binomial, observed",
        "nb_rate_ratio",
        ("nb_observed_lo", "nb_observed_hi"),
        ("nb_observed_p",),
    ),
    Effect("Distribution: chi-square", "chisq", None, ("chisq_p",)),
    Effect("Distribution, exact", "freeman_halton_p", None, ("freeman_halton_p",), _write_nothing),
)
CHANGE_VERSIONS = (
    Effect("Shift, exact", "hl_shift", _SHIFT, ("mw_p_exact",)),
    Effect("Shift, normal, corrected", "hl_shift", _SHIFT, ("mw_p_asym_cc",)),
    Effect("Difference of means, Welch", "mean_diff", _WELCH, ("welch_p",)),
    Effect("Difference of means, Student", "mean_diff", _POOLED, ("pooled_p",)),
    Effect("Adjusted difference", "ancova_diff", ("ancova_lo", "ancova_hi"), ("ancova_p",)),
)
_SIGNED = (
    Number("Pairs", "n_pairs", write_count),
    Number("Unchanged", "n_zero", write_count),
    Number("Pseudomedian", "pseudomedian"),
    Number("p, exact", "wilcoxon_p_exact", write_p),
    Number("p, normal", "wilcoxon_p_asym", write_p),
    Number("p, normal, corrected", "wilcoxon_p_asym_cc", write_p),
    Number("p, Pratt, exact", "pratt_p_exact", write_p),
    Number("p, Pratt, normal", "pratt_p_asym", write_p),
    Number("p, sign test", "sign_p", write_p),
    Number("p, paired t", "paired_p", write_p),
)


def _summarize(material: Material) -> Summaries:
    facts, grouping = material.facts, material.grouping
    return (
        summarize_response(facts, grouping),
        summarize_course(facts, grouping),
        summarize_mixed_model(facts, grouping),
        summarize_lesions(facts, grouping),
        summarize_relapses(facts, grouping),
        summarize_planned_rates(facts, grouping),
        summarize_lesion_models(facts, grouping),
        summarize_time_to_relapse(facts, grouping),
        summarize_time_to_report(facts, grouping),
        summarize_sets(material),
    )


def _lay_out(material: Material, summaries: Summaries) -> Iterator[Section]:
    response, course, mixed, lesions, relapses, planned, models, times, reported, sets = summaries
    yield from make_sets_section(material, sets)
    yield _make_response(material, Cube(response))
    yield _make_change(material, Cube(course))
    yield from make_mixed_section(material, mixed, "unstructured")
    for outcome, key, summary in (
        ("new_ce_lesions", "enhancing", lesions),
        ("new_t2_lesions", "t2", lesions),
        ("relapses", "relapses", relapses),
    ):
        yield _make_counts(material, (Cube(summary), Cube(planned)), outcome, key)
    yield from _make_models(material, Cube(models))
    yield _make_times(material, (Cube(times), Cube(reported)))


def _make_response(material: Material, cube: Cube) -> Section:
    plan, grouping, least = material.facts.plan, material.grouping, material.withhold_below
    visit = plan.response_visit
    lines = [
        About("Evaluable patients (primary)", "vhiss", visit),
        About("All, not evaluable as no response", "vhiss", visit, "nonresponder_imputation"),
    ]
    caption = f"VHISS response at {material.label_visit(visit)}"
    table = make_group_table("response", caption, cube, lines, grouping, PROPORTION, withhold_below=least)
    tables = make_comparison_tables("response", caption, cube, lines, grouping, PROPORTION_EFFECTS)
    return Section(
        "Response of the venous outflow",
        "A patient without a score at the visit, or without a baseline, or with a baseline of zero, is left out, or counted as "
        "not responding.",
        tables=(add_notes(table, EXACT_LIMITS), *tables),
    )


def _make_change(material: Material, cube: Cube) -> Section:
    plan, grouping, least = material.facts.plan, material.grouping, material.withhold_below
    lines = [About(material.label_visit(visit), "vhiss", visit, "change") for visit in plan.course_visits]
    caption = "Change of the VHISS from baseline"
    within = make_group_table(
        "within", f"{caption}, within groups", cube, lines, grouping, _SIGNED, withhold_below=least
    )
    between = make_comparison_tables("change", caption, cube, lines, grouping, CHANGE_VERSIONS)
    return Section(
        "Change of the venous outflow",
        "Within groups the signed rank test drops pairs without a change, exact given the ties; after Pratt it ranks them. The "
        "pseudomedian is the median of the Walsh averages of all changes.",
        tables=(within, *between),
    )


def _make_counts(material: Material, cubes: tuple[Cube, Cube], outcome: str, key: str) -> Section:
    label, grouping = OUTCOMES[outcome].label, material.grouping
    everyone, completers = (
        About(words, outcome, None, analysis)
        for words, analysis in (("All", "available"), ("Completers", "completers"))
    )
    planned = About("Observed to the planned day", outcome, None, "planned_days")
    tables: list[Table] = [
        add_notes(
            make_group_table(f"{key}-rates", f"{label}: rates", cubes[0], [everyone, completers], grouping, RATE),
            EXACT_RATES,
        ),
        make_group_table(f"{key}-planned", f"{label}: rates to planned days", cubes[1], [planned], grouping, RATE),
    ]
    for words, lines, effects, cube in (
        ("all with a count", [About("", outcome, None, "available")], COUNT_VERSIONS, cubes[0]),
        ("completers", [About("", outcome, None, "completers")], (RANKS, *COUNT_VERSIONS[4:]), cubes[0]),
        ("observed to the planned day", [About("", outcome, None, "planned_days")], COUNT_VERSIONS[9:15], cubes[1]),
    ):
        name = f"{key}-{words.split(' ', maxsplit=1)[0]}"
        tables += make_comparison_tables(name, f"{label}, {words}", cube, lines, grouping, effects)
    lead = (
        f"{label} by every test of the plan, for all with a count and for completers; rates also as if each patient had been "
        f"observed to the planned day of the last visit that counted {uncapitalize(OUTCOMES[outcome].unit)}."
    )
    return Section(label, lead, tables=tuple(tables))


def _make_models(material: Material, cube: Cube) -> Iterator[Section]:
    plan = material.facts.plan
    early, last = material.label_visit(plan.response_visit), material.label_visit(plan.final_visit)
    for comparison in material.grouping.comparisons:
        for analysis, key, heading, covariate in (
            (
                "model_a1",
                "a1",
                f"New T2 lesions and the change of the VHISS to {early}",
                f"by change of the VHISS to {early} and arm: the slope is of one point.",
            ),
            (
                "model_a2",
                "a2",
                "New T2 lesions and the change of the VHISS in percent",
                f"by change of the VHISS to {last} in percent of the baseline and arm: the slope is of one percentage point.",
            ),
        ):
            lead = f"Least squares, as in the report on lesions and venous outflow: new T2 lesions {covariate}"
            yield Section(heading, lead, tables=tuple(make_model_tables(cube, comparison, analysis, key)))


def _make_times(material: Material, cubes: tuple[Cube, Cube]) -> Section:
    by_onset = (
        HAZARD,
        Effect("Hazard ratio, likelihood ratio test", "hazard_ratio", HAZARD.limits, ("hazard_ratio_p_lr",)),
        Effect("Hazard ratio, score test", "hazard_ratio", HAZARD.limits, ("hazard_ratio_p_score",)),
        Effect("Hazard ratio, ties after Breslow", "breslow_ratio", ("breslow_lo", "breslow_hi"), ("breslow_p",)),
        LOG_RANK,
    )
    tables = []
    for key, words, analysis, cube in (
        ("onset", "by the day of onset", "observed", cubes[0]),
        ("report", "by the planned day of the visit that reported it", "planned_day", cubes[1]),
    ):
        lines = [About("", "relapses", None, analysis)]
        caption = f"First relapse {words}"
        events = (Number("Patients with a relapse", "n_event", write_count), Number("Median day", "median_time"))
        tables.append(make_group_table(f"{key}-groups", caption, cube, lines, material.grouping, events))
        tables += make_comparison_tables(key, caption, cube, lines, material.grouping, by_onset)
    return Section("Time to the first relapse", "", tables=tuple(tables))


SENSITIVITY = Chapter(_summarize, _lay_out)
