"""Statistic rows -> tables: one number per cell, the effect and its interval before p, the method in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from endpoints.behind import WHICH, name_behind
from endpoints.counted import MISSING, PRESENT
from endpoints.derivations.groups import Comparison, Group, Grouping
from endpoints.layout import NOT_DEFINED, Behind, Column, Table
from endpoints.rows import StatisticRow, Summary
from endpoints.wording import write_count, write_number, write_p, write_percent, write_plain

Write = Callable[[float | None], str]
Numbers = Mapping[str, StatisticRow]


class Cube:
    """The rows of a summary by what they are about: outcome, visit, analysis, group; then by statistic."""

    def __init__(self, summary: Summary) -> None:
        self._numbers: defaultdict[tuple[str, str | None, str, str], dict[str, StatisticRow]] = defaultdict(dict)
        for row in summary.rows:
            if row.day is None:
                self._numbers[row.outcome, row.visit, row.analysis, row.group][row.statistic] = row

    def at(self, about: "About", group: str) -> Numbers:
        return self._numbers.get((about.outcome, about.visit, about.analysis, group), {})


@dataclass(frozen=True)
class About:
    """What a line of a table is about, and how it is called."""

    label: str
    outcome: str
    visit: str | None = None
    analysis: str = "observed"


@dataclass(frozen=True)
class Number:
    """A column that prints one statistic."""

    heading: str
    statistic: str
    write: Write = write_number

    def print(self, numbers: Numbers) -> str:
        row = numbers.get(self.statistic)
        return self.write(row.value if row else None)


DESCRIPTION = (
    Number("n", "n", write_count),
    Number("Missing", "n_missing", write_count),
    Number("Mean", "mean"),
    Number("SD", "sd"),
    Number("Median", "median"),
    Number("Q1", "q1_type7"),
    Number("Q3", "q3_type7"),
    Number("Min", "min"),
    Number("Max", "max"),
)
EXTREMES = {"min", "max"}
PROPORTION = (
    Number("Patients", "x", write_count),
    Number("Of", "total", write_count),
    Number("%", "prop", write_percent),
    Number("95 % lower", "cp_lo", write_percent),
    Number("95 % upper", "cp_hi", write_percent),
)
RATE = (
    Number("Events", "sum", write_count),
    Number("Patients", "n", write_count),
    Number("Person-years", "person_years"),
    Number("Rate a year", "rate_per_year"),
    Number("95 % lower", "rate_lo"),
    Number("95 % upper", "rate_hi"),
)
WITHIN = (
    Number("Pairs", "n_pairs", write_count),
    Number("Mean change", "mean"),
    Number("95 % lower", "paired_lo"),
    Number("95 % upper", "paired_hi"),
    Number("Median change", "median"),
    Number("p, signed rank", "wilcoxon_p", write_p),
)
EXACT_LIMITS = "Limits: Clopper-Pearson, exact."
QUARTILES = "Quartiles: type 7. SD with n - 1."
EXACT_RATES = "Limits of rates: exact Poisson (Garwood). A year has 365.25 days."
SIGNED_RANK = "Limits: paired t. p: Wilcoxon signed rank, zeros dropped, exact given the ties up to 60 pairs."


WITHHELD = "withheld"
_SIZES = {"n", "n_missing", "n_pairs", "total"}


def make_group_table(
    key: str,
    caption: str,
    cube: Cube,
    lines: Sequence[About],
    grouping: Grouping,
    numbers: Sequence[Number],
    *,
    withhold_below: int = 0,
) -> Table:
    """One row per line and group; where the line has no label, the group names the row.

    Of fewer than `withhold_below` patients, only how many they are is printed.
    """
    is_single = [line.label for line in lines] == [""]
    head = () if is_single else (Column("", is_number=False),)
    columns = (
        *head,
        Column("Group", is_number=False),
        *(Column(number.heading, which=WHICH.get(number.statistic, "")) for number in numbers),
    )
    rows = tuple(
        (
            *(() if is_single else (line.label,)),
            group.label,
            *_print_numbers(cube.at(line, group.key), numbers, withhold_below),
        )
        for line in lines
        for group in grouping.groups
    )
    notes = (f"Withheld: numbers of fewer than {withhold_below} patients.",) if withhold_below else ()
    behind = tuple(_find_behind(cube.at(line, group.key)) for line in lines for group in grouping.groups)
    return Table(key, caption, columns, rows, notes, behind)


def _find_behind(found: Numbers) -> Behind | None:
    return name_behind(next(iter(found.values()), None))


def _print_numbers(found: Numbers, numbers: Sequence[Number], withhold_below: int) -> Iterator[str]:
    for number in numbers:
        row = found.get(number.statistic)
        is_hidden = row is not None and row.n < withhold_below and number.statistic not in _SIZES
        yield WITHHELD if is_hidden else number.print(found)


@dataclass(frozen=True)
class Effect:
    """A way to compare two arms: its estimate, limits and p by statistic. `p` names the first choice first."""

    label: str
    estimate: str
    limits: tuple[str, str] | None
    p: tuple[str, ...]
    write: Write = write_number


_LIMITS_OF_SHIFT = ("hl_lo", "hl_hi")
RANKS = Effect("Shift", "hl_shift", _LIMITS_OF_SHIFT, ("mw_p_exact", "mw_p_asym_cc"))
MEANS = Effect("Difference of means", "mean_diff", ("welch_lo", "welch_hi"), ("perm_p_exact", "perm_p_asym"))
MEANS_BY_T = Effect("Difference of means", "mean_diff", ("welch_lo", "welch_hi"), ("welch_p",))
RATES = Effect("Rate ratio", "rate_ratio", ("rate_ratio_lo", "rate_ratio_hi"), ("rate_ratio_p",))
MODELED_RATES = Effect("Rate ratio, model", "nb_rate_ratio", ("nb_lo", "nb_hi"), ("nb_p",))
PROPORTIONS = Effect(
    "Difference, percentage points", "diff", ("newcombe_lo", "newcombe_hi"), ("fisher_p",), write_percent
)
ODDS = Effect("Odds ratio", "odds_ratio_cmle", ("or_cmle_lo", "or_cmle_hi"), ("fisher_p",))
DISTRIBUTION = Effect("Distribution over patients: chi-square", "chisq", None, ("chisq_p",))
ADJUSTED = Effect("Adjusted difference", "ancova_diff", ("ancova_lo", "ancova_hi"), ("ancova_p",))

ODDS_OF_SAMPLE = Effect("Odds ratio of the sample", "odds_ratio_sample", None, ("fisher_p",))

COUNT_EFFECTS = (RANKS, MEANS, RATES, MODELED_RATES, PROPORTIONS, ODDS, ODDS_OF_SAMPLE, DISTRIBUTION)
CHANGE_EFFECTS = (RANKS, MEANS_BY_T, ADJUSTED)
PROPORTION_EFFECTS = (PROPORTIONS, ODDS, ODDS_OF_SAMPLE)

_COMPARISON_COLUMNS = (
    Column("95 % lower"),
    Column("95 % upper"),
    Column("p"),
    Column("n", which=PRESENT),
    Column("Method", is_number=False),
)


def make_comparison_tables(
    key: str, caption: str, cube: Cube, lines: Sequence[About], grouping: Grouping, effects: Sequence[Effect]
) -> Iterator[Table]:
    """A table per comparison; none in a report that compares nothing. A single effect is named above its column, several in each row."""
    for comparison in grouping.comparisons:
        yield _make_comparison_table(f"{key}-comparison", caption, cube, lines, comparison, effects)


def _make_comparison_table(
    key: str, caption: str, cube: Cube, lines: Sequence[About], comparison: Comparison, effects: Sequence[Effect]
) -> Table:
    rows: list[tuple[str, ...]] = []
    behind: list[Behind | None] = []
    notes: dict[str, None] = {}
    for line in lines:
        numbers = cube.at(line, comparison.key)
        for effect in effects:
            rows.append((_head(line, effect, effects), *_print_effect(effect, numbers)))
            behind.append(name_behind(numbers.get(effect.estimate)))
            notes.update(dict.fromkeys(_explain(effect, numbers)))
    heading = effects[0].label if len(effects) == 1 and all(line.label for line in lines) else "Estimate"
    columns = (Column("", is_number=False), Column(heading), *_COMPARISON_COLUMNS)
    return Table(key, f"{caption}: {comparison.label}", columns, tuple(rows), tuple(notes), tuple(behind))


def _head(line: About, effect: Effect, effects: Sequence[Effect]) -> str:
    if not line.label:
        return effect.label
    return line.label if len(effects) == 1 else f"{line.label}: {uncapitalize(effect.label)}"


def uncapitalize(text: str) -> str:
    return text[:1].lower() + text[1:]


def _print_effect(effect: Effect, numbers: Numbers) -> tuple[str, ...]:
    estimate, p = numbers.get(effect.estimate), _find_p(effect, numbers)
    limits = [numbers.get(name) for name in effect.limits or ()]
    printed = [effect.write(limit.value if limit else None) for limit in limits] or [NOT_DEFINED, NOT_DEFINED]
    return (
        effect.write(estimate.value if estimate else None),
        *printed,
        write_p(p.value if p else None),
        write_count(float(estimate.n) if estimate else None),
        _name_methods([*limits, p] if limits else [estimate, p]),
    )


def _find_p(effect: Effect, numbers: Numbers) -> StatisticRow | None:
    candidates = [numbers[name] for name in effect.p if name in numbers]
    return next((row for row in candidates if row.value is not None), candidates[0] if candidates else None)


def _name_methods(rows: Iterable[StatisticRow | None]) -> str:
    return "; ".join(dict.fromkeys(row.method for row in rows if row is not None and row.method))


def _explain(effect: Effect, numbers: Numbers) -> Iterator[str]:
    row = numbers.get(effect.estimate)
    if row is not None and row.value is None and row.note:
        yield f"{effect.label}: {row.note}"


def make_distribution_table(key: str, caption: str, cube: Cube, line: About, grouping: Grouping) -> Table:
    """Patients by the number of events each had."""
    by_group = {group: cube.at(line, group.key) for group in grouping.groups}
    names = {name for numbers in by_group.values() for name in numbers if name.startswith("patients_with_")}
    values = sorted(int(name.rpartition("_")[2]) for name in names)
    columns = (
        Column("Group", is_number=False),
        *(Column(f"With {value}", which=str(value)) for value in values),
        Column("Missing", which=MISSING),
    )
    rows = tuple(_print_distribution(group, numbers, values) for group, numbers in by_group.items())
    return Table(key, caption, columns, rows, behind=tuple(map(_find_behind, by_group.values())))


def _print_distribution(group: Group, numbers: Numbers, values: Iterable[int]) -> tuple[str, ...]:
    cells = [Number("", f"patients_with_{value}", write_count).print(numbers) for value in values]
    return (group.label, *cells, Number("", "n_missing", write_count).print(numbers))


_NUMBERS_OF_A_ROW = frozenset({"value", "n", "day"})


def make_row_file(summaries: Iterable[Summary]) -> Table:
    """Every statistic row at full precision, with the field names of `StatisticRow` as headings."""
    names = [field.name for field in fields(StatisticRow)]
    rows = tuple(
        tuple(_print_field(getattr(row, name)) for name in names) for summary in summaries for row in summary.rows
    )
    columns = tuple(Column(name, is_number=name in _NUMBERS_OF_A_ROW) for name in names)
    return Table("rows", "Statistic rows", columns, rows)


def _print_field(value: object) -> str:
    if isinstance(value, float | int):
        return write_plain(float(value))
    return "" if value is None else str(value)
