import datetime as dt
import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.samples import (
    BRAVE,
    PREMISE,
    Path_,
    Table,
    dotted,
    holder_of,
    one_of_each_kind,
    parsed,
    problems_after,
    problems_of,
)
from trialsite.protocol.load import load_protocol, parse_protocol
from trialsite.protocol.problems import ProtocolError


@pytest.mark.parametrize("path", [PREMISE, BRAVE])
def test_a_good_file_loads_with_its_digest(path: Path) -> None:
    assert load_protocol(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


# ---------------------------------------------------------------------------------- the file itself


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ProtocolError) as caught:
        load_protocol(path)
    assert str(caught.value) == (
        f"The protocol file {path} cannot be used:\n  the file cannot be read: No such file or directory"
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="the file cannot be read: Is a directory"):
        load_protocol(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", r"is not UTF-8 text \(byte 0\)"),
        (b"key = \nx", r"is not valid TOML: .*line 1"),
        (b'key = "a"\nkey = "b"\n', r"is not valid TOML: .*line 2"),
        (b"key = 2010-02-30", "is not valid TOML"),
        (b"key = " + b"9" * 5000, "is not valid TOML"),
        (b"key = " + b"[" * 100_000, "is not valid TOML"),
        (b"key = 'a\x00b'", "is not valid TOML"),
    ],
)
def test_what_is_not_toml_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        parse_protocol(content, source="x.toml")


def test_an_empty_file_lacks_every_table() -> None:
    problems = problems_of({})
    assert ("key", "is missing") in problems
    assert ("limits", "is missing") in problems
    assert len(problems) == len(parsed())


# ---------------------------------------------------------------------------------- one fault, one message


def _set(*path: str | int, to: object) -> Callable[[Table], object]:
    def spoil(table: Table) -> None:
        holder_of(table, path)[path[-1]] = to

    return spoil


WRONG: list[tuple[Callable[[Table], object], str, str]] = [
    # types
    (_set("title", to=3), "title", "must be a text in quotes, not 3"),
    (_set("title", to=" "), "title", "must not be empty"),
    (_set("title", to="x" * 301), "title", "must have 300 characters or fewer, has 301"),
    (
        _set("title", to="a\x00b"),
        "title",
        r"must not hold line breaks, control characters or outer spaces: 'a\x00b'",
    ),
    (_set("key", to="pre mise"), "key", "must be letters, digits and underscores, not 'pre mise'"),
    (_set("sites", to={}), "sites", "must be a list, not {}"),
    (_set("sites", to=[]), "sites", "needs 1 or more entries, has 0"),
    (_set("sites", 0, to="UB"), "sites[0]", "must be a table, not 'UB'"),
    (_set("doppler", to=1), "doppler", "must be a table, not 1"),
    (_set("phases", 1, "planned_n", to="20"), "phases[1].planned_n", "must be a whole number, not '20'"),
    (_set("phases", 1, "planned_n", to=True), "phases[1].planned_n", "must be a whole number, not True"),
    (_set("phases", 1, "planned_n", to=0), "phases[1].planned_n", "must be between 1 and 1000000, not 0"),
    (
        _set("phases", 1, "planned_n", to=Decimal("20.0")),
        "phases[1].planned_n",
        "must be a whole number, not '20.0'",
    ),
    (_set("arms", 0, "is_open", to="yes"), "arms[0].is_open", "must be true or false, not 'yes'"),
    (
        _set("doppler", "neck_reflux_above_s", to=Decimal("nan")),
        "doppler.neck_reflux_above_s",
        "must be a number, not 'NaN'",
    ),
    (
        _set("doppler", "neck_reflux_above_s", to="0,88"),
        "doppler.neck_reflux_above_s",
        "must be a number, not '0,88'",
    ),
    (_set("doppler", "neck_reflux_above_s", to=-1), "doppler.neck_reflux_above_s", "must be 0 or more, not -1"),
    (
        _set("doppler", "stenosis_reduction_at_least_pct", to=101),
        "doppler.stenosis_reduction_at_least_pct",
        "must be 100 or less, not 101",
    ),
    (
        _set("consent", "versions", 0, "valid_from_on", to="2010-06-01"),
        "consent.versions[0].valid_from_on",
        "must be a date such as 2010-06-01 without quotes, not '2010-06-01'",
    ),
    (_set("phases", 0, "design", to="opn"), "phases[0].design", "must be one of open, randomized, not 'opn'"),
    # unknown keys and marks
    (_set("dopler", to={}), "dopler", "is not a key of the protocol"),
    (_set("visits", 0, "dya", to=1), "visits[0].dya", "is not a key of the protocol"),
    (
        _set("doppler", "basis", to="S5, X"),
        "doppler.basis",
        "'X' is not a mark (S1, K-high, K-med, K-low, D, P, U)",
    ),
    (
        _set("doppler", "basis_of", "neck", to="P"),
        "doppler.basis_of.neck",
        "is not a key of the table it stands in",
    ),
    # sites
    (_set("sites", 0, "code", to="ub"), "sites[0].code", "must be capital letters and digits, not 'ub'"),
    (
        _set("sites", 0, "time_zone", to="America/Buffalo"),
        "sites[0].time_zone",
        "there is no time zone 'America/Buffalo'; use a name such as America/New_York",
    ),
    (
        _set("sites", 0, "time_zone", to="../../etc/passwd"),
        "sites[0].time_zone",
        "there is no time zone '../../etc/passwd'; use a name such as America/New_York",
    ),
    # arms and phases
    (_set("arms", 2, "key", to="angioplasty"), "arms[2].key", "'angioplasty' is there twice"),
    (_set("arms", 0, "is_sham", to=True), "arms[0].is_sham", "an open arm cannot be a sham"),
    (_set("phases", 1, "arms", 1, to="shamm"), "phases[1].arms[1]", "there is no arm 'shamm'"),
    (
        _set("phases", 0, "arms", 0, to="sham"),
        "phases[0].arms[0]",
        "the arm 'sham' does not fit a phase that is open",
    ),
    (_set("phases", 0, "arms", to=["open", "open"]), "phases[0].arms[1]", "'open' is there twice"),
    (_set("phases", 1, "arms", to=["sham"]), "phases[1].arms", "a randomized phase needs two arms or more"),
    (_set("phases", 1, "number", to=1), "phases[1].number", "1 is there twice"),
    (_set("phases", 1, "screened_n", to=19), "phases[1].screened_n", "cannot be less than planned_n (20)"),
    (
        _set("phases", 1, "patient_number_pattern", to="P1-{n:03d}"),
        "phases[1].patient_number_pattern",
        "another phase numbers its patients in the same way",
    ),
    (_set("phases", 1, "doppler_criteria", 0, to=6), "phases[1].doppler_criteria[0]", "there is no criterion 6"),
    (
        _set("phases", 1, "doppler_minimum", to=5),
        "phases[1].doppler_minimum",
        "cannot be more than the 4 doppler_criteria",
    ),
    (
        lambda table: table["arms"].append(table["arms"][0] | {"key": "spare"}),
        "arms[3].key",
        "no phase has the arm 'spare'",
    ),
    (
        lambda table: (
            table["arms"].append(table["arms"][0] | {"key": "spare"}),
            table["phases"][0]["arms"].append("spare"),
        ),
        "phases[0].arms",
        "an open phase has one arm",
    ),
    # allocation
    (
        lambda table: table["phases"][1].pop("allocation"),
        "phases[1].allocation",
        "is missing; a randomized phase needs it",
    ),
    (
        lambda table: table["phases"][0].update(allocation=table["phases"][1]["allocation"]),
        "phases[0].allocation",
        "an open phase allocates nothing",
    ),
    (
        lambda table: table["phases"][1]["allocation"]["ratio"].pop("sham"),
        "phases[1].allocation.ratio.sham",
        "is missing; each arm of the phase needs its share",
    ),
    (
        _set("phases", 1, "allocation", "ratio", "open", to=2),
        "phases[1].allocation.ratio.open",
        "is not an arm of the phase",
    ),
    (
        _set("phases", 1, "allocation", "ratio", "sham", to=0),
        "phases[1].allocation.ratio.sham",
        "must be between 1 and 100, not 0",
    ),
    (
        _set("phases", 1, "allocation", "block_sizes", to=[4, 6]),
        "phases[1].allocation.block_sizes",
        "is not a key of the protocol",
    ),
    (
        _set("phases", 1, "allocation", "strata", to=["moon"]),
        "phases[1].allocation.strata[0]",
        "must be one of site, not 'moon'",
    ),
    # visits
    (_set("visits", 4, "key", to="month_3"), "visits[5].key", "'month_3' is there twice"),
    (_set("visits", 4, "phases", to=[1, 2, 3]), "visits[4].phases[2]", "there is no phase 3"),
    (_set("visits", 4, "earliest_day", to=31), "visits[4].earliest_day", "31 is after day (30)"),
    (_set("visits", 4, "latest_day", to=29), "visits[4].day", "30 is after latest_day (29)"),
    (_set("visits", 2, "latest_day", to=-1), "visits[2].day", "0 is after latest_day (-1)"),
    (_set("visits", 2, "day", to=1), "visits[2].day", "must be 0: all days count from the procedure"),
    (_set("visits", 3, "earliest_hours", to=37), "visits[3].earliest_hours", "37 is after latest_hours (36)"),
    (_set("visits", 7, "day", to=5), "visits[7].day", "an unscheduled visit has no planned day"),
    (
        _set("visits", 5, "earliest_day", to=37),
        "visits[5].earliest_day",
        "overlaps with 'month_1', which lasts until day 37",
    ),
    (
        _set("visits", 1, "latest_day", to=0),
        "visits[2].earliest_day",
        "overlaps with 'baseline', which lasts until day 0",
    ),
    (
        _set("visits", 4, "forms", 0, "when", to="sunny"),
        "visits[4].forms[0].when",
        "must be one of childbearing, randomized, relapse_suspected, not 'sunny'",
    ),
    (
        lambda table: table["visits"][4]["forms"].append(table["visits"][4]["forms"][0]),
        "visits[4].forms[10].form",
        "('vital_signs', None) is there twice",
    ),
    # eligibility
    (_set("criteria", 1, "code", to="I1"), "criteria[1].code", "'I1' is there twice"),
    (_set("criteria", 1, "phases", to=[9]), "criteria[1].phases[0]", "there is no phase 9"),
    (
        _set("criteria", 0, "parameters", "minimum_years", to=66),
        "criteria[0].parameters.minimum_years",
        "66 is above maximum_years (65)",
    ),
    (
        _set("criteria", 0, "parameters", "min", to=18),
        "criteria[0].parameters.min",
        "is not a key of the protocol",
    ),
    (
        _set("criteria", 2, "parameters", "maximum", to=Decimal("0.5")),
        "criteria[2].parameters.maximum",
        "must be a step of the EDSS (0, 1.0, 1.5 ... 10), not 0.5",
    ),
    (
        _set("criteria", 1, "parameters", "courses", to=["RRMS"]),
        "criteria[1].parameters.courses[0]",
        "must be one of RR, SPR, SP, PP, CIS, not 'RRMS'",
    ),
    (
        _set("criteria", 7, "parameters", to={"a": 1}),
        "criteria[7].parameters",
        "the rule answered takes no parameters",
    ),
    (
        _set("criteria", 7, "rule", to="consent_signed"),
        "criteria[7].rule",
        "another criterion already has the rule consent_signed",
    ),
    (
        _set("criteria", 11, "parameters", "criterion", to="I60"),
        "criteria[11].parameters.criterion",
        "there is no criterion 'I60' with a rule of its own",
    ),
    (
        _set("criteria", 5, "phases", to=[1]),
        "criteria[11].parameters.criterion",
        "the criterion 'I6' does not hold in the same phases",
    ),
    # score
    (_set("vhiss", "scheme", to="D"), "vhiss.scheme", "there is no scheme 'D' among A, B, C"),
    (
        _set("vhiss", "schemes", 0, "maximum", to=15),
        "vhiss.schemes[0].maximum",
        "must be 16, as the score is published, not 15",
    ),
    (
        _set("vhiss", "schemes", 0, "parts", 1, "maximum", to=3),
        "vhiss.schemes[0].parts[1].maximum",
        "must be 2, the most its veins and rules can give, not 3",
    ),
    (
        _set("vhiss", "schemes", 0, "parts", 1, "veins", to=["R_DCV", "R_DCV"]),
        "vhiss.schemes[0].parts[1].veins[1]",
        "'R_DCV' is there twice",
    ),
    (
        lambda table: (
            table["vhiss"]["schemes"][1]["parts"][1]["rules"][0].update(points=1)
            or table["vhiss"]["schemes"][1]["parts"][1].update(maximum=2)
        ),
        "vhiss.schemes[1].parts",
        "the maxima of the parts add up to 14, not to 16",
    ),
    (
        lambda table: table["vhiss"]["schemes"][0]["parts"].pop(),
        "vhiss.schemes[0].parts",
        "the maxima of the parts add up to 12, not to 16",
    ),
    (
        _set("vhiss", "schemes", 0, "parts", 4, "rules", 0, "at_least_mm2", to=8),
        "vhiss.schemes[0].parts[4].rules[0].at_least_mm2",
        "8 is above at_most_mm2 (7)",
    ),
    # response, EDSS, relapse
    (_set("response", "visit", to="month_2"), "response.visit", "there is no visit 'month_2'"),
    (
        _set("response", "visit", to="procedure"),
        "response.visit",
        "the visit 'procedure' has no doppler form",
    ),
    (
        _set("response", "visit", to="screening"),
        "response.visit",
        "the visit 'screening' is on the wrong side of the procedure",
    ),
    (
        _set("response", "baseline_visits", 0, to="month_3"),
        "response.baseline_visits[0]",
        "the visit 'month_3' is on the wrong side of the procedure",
    ),
    (
        _set("edss", "progression", 1, "baseline_max", to=Decimal("4.5")),
        "edss.progression",
        "needs one entry for a baseline of 5, has 0",
    ),
    (
        _set("relapse", "exam_within_days", to=31),
        "relapse.exam_within_days",
        "31 is after exam_latest_days (30)",
    ),
    # consent, safety, lists
    (
        _set("consent", "versions", 0, "valid_to_on", to=dt.date(2010, 5, 31)),
        "consent.versions[0].valid_to_on",
        "is before valid_from_on (2010-06-01)",
    ),
    (
        _set("consent", "versions", 0, "valid_from_on", to=dt.datetime(2010, 6, 1, tzinfo=dt.UTC)),
        "consent.versions[0].valid_from_on",
        "must be a date such as 2010-06-01 without quotes, not '2010-06-01 00:00:00+00:00'",
    ),
    (
        _set("safety", "holiday_country", to="XX"),
        "safety.holiday_country",
        "there is no holiday calendar for 'XX'; use a code such as US",
    ),
    (
        _set("safety", "clocks", 0, "unit", to="weeks"),
        "safety.clocks[0].unit",
        "must be one of hours, calendar_days, working_days, not 'weeks'",
    ),
    (
        _set("review", "critical_fields", 0, to="consnt.signed_at"),
        "review.critical_fields[0]",
        "must be form.field with a known form, not 'consnt.signed_at'",
    ),
    (_set("review", "late_after_days", to=0), "review.late_after_days", "must be between 1 and 3650, not 0"),
    (
        _set("analysis", "per_protocol_visit", to="month_5"),
        "analysis.per_protocol_visit",
        "there is no visit 'month_5'",
    ),
    (
        _set("analysis", "per_protocol_visit", to="baseline"),
        "analysis.per_protocol_visit",
        "the visit 'baseline' is not of the follow-up",
    ),
    (
        _set("instruments", "quality_of_life", 0, to="sf36"),
        "instruments.quality_of_life[0]",
        "must be one of msqol54, fss, mfis, bdi_fs, msis29, not 'sf36'",
    ),
    # limits
    (_set("limits", "vitals", to={}), "limits.vitals", "is not a form"),
    (
        _set("limits", "vital_signs", "fields", "heart_rate_bpm", "soft_min", to=19),
        "limits.vital_signs.fields.heart_rate_bpm.hard_min",
        "20 is above soft_min (19)",
    ),
    (
        _set("limits", "vital_signs", "fields", "heart_rate_bpm", "soft_max", to=44),
        "limits.vital_signs.fields.heart_rate_bpm.soft_min",
        "45 is above soft_max (44)",
    ),
    (
        _set("limits", "vital_signs", "fields", "heart_rate_bpm", "hard_max", to=109),
        "limits.vital_signs.fields.heart_rate_bpm.soft_max",
        "110 is above hard_max (109)",
    ),
    (
        _set("limits", "vital_signs", "fields", "heart_rate_bpm", "soft_min", to=Decimal("45.5")),
        "limits.vital_signs.fields.heart_rate_bpm.soft_min",
        "45.5 has more than the 0 decimals of the field",
    ),
    (
        _set("limits", "vital_signs", "fields", "heart_rate_bpm", to={"unit": "/min", "decimals": 0}),
        "limits.vital_signs.fields.heart_rate_bpm.hard_min",
        "is missing, and so are hard_max, soft_min and soft_max: one is needed",
    ),
    (
        _set("limits", "cognition", "fields", "cvlt_trial_2", to={"unit": "words", "decimals": 0, "hard_min": 0}),
        "limits.cognition.fields.cvlt_trial_2",
        "cvlt_trial_2 is there twice",
    ),
    (
        _set("limits", "cognition", "fields", "x_3..3", to={"unit": "words", "decimals": 0, "hard_min": 0}),
        "limits.cognition.fields.x_3..3",
        "must be a field name, or a range of them such as item_1..3",
    ),
]


@pytest.mark.parametrize(("spoil", "key", "reason"), WRONG, ids=[f"{key}: {reason}"[:80] for _, key, reason in WRONG])
def test_a_fault_is_named_with_key_and_reason(spoil: Callable[[Table], object], key: str, reason: str) -> None:
    assert (key, reason) in problems_after(spoil)


@pytest.mark.parametrize(
    "pattern", ["P1", "{n", "{n:3}", "{n}{n}", "{n:03d}{x}", "{n!r}", "{n.__class__}", "{0}", "{}", "{site}{site}{n}"]
)
def test_a_pattern_that_cannot_number_patients_is_refused(pattern: str) -> None:
    keys = [key for key, _ in problems_after(_set("phases", 0, "patient_number_pattern", to=pattern))]
    assert keys == ["phases[0].patient_number_pattern"]


def test_all_faults_come_at_once() -> None:
    def spoil(table: Table) -> None:
        del table["title"]
        table["sites"][0]["time_zone"] = "Mars"
        table["visits"][5]["earliest_day"] = 37
        table["phases"][1]["allocation"]["ratio"]["sham"] = 0

    keys = [key for key, _ in problems_after(spoil)]
    assert sorted(keys) == [
        "phases[1].allocation.ratio.sham",
        "sites[0].time_zone",
        "title",
        "visits[5].earliest_day",
    ]


def test_a_slip_of_the_pen_is_answered_with_the_right_key() -> None:
    def spoil(table: Table) -> None:
        table["visits"][0]["earlest_day"] = table["visits"][0].pop("earliest_day")

    assert problems_after(spoil) == [
        ("visits[0].earliest_day", "is missing"),
        ("visits[0].earlest_day", "is not a key of the protocol; did you mean earliest_day?"),
    ]


@pytest.mark.parametrize("kind", ["screening", "baseline", "procedure"])
def test_each_phase_needs_its_course(kind: str) -> None:
    def spoil(table: Table) -> None:
        table["visits"] = [visit for visit in table["visits"] if visit["kind"] != kind]

    assert ("visits", f"phase 1 needs one visit of kind {kind}, has 0") in problems_after(spoil)


def test_each_phase_needs_a_follow_up_and_at_most_one_unscheduled_visit() -> None:
    def spoil(table: Table) -> None:
        first = [visit for visit in table["visits"] if visit["kind"] != "follow_up"]
        table["visits"] = [*first, first[-1] | {"key": "unscheduled_2"}]
        table["response"]["visit"] = "unscheduled"

    problems = problems_after(spoil)
    assert ("visits", "phase 2 needs a visit of kind follow_up") in problems
    assert ("visits", "phase 2 has two visits of kind unscheduled") in problems


def test_visits_stand_in_the_order_of_time() -> None:
    def spoil(table: Table) -> None:
        visits = table["visits"]
        visits[4], visits[5] = visits[5], visits[4]

    assert problems_after(spoil) == [
        ("visits[5].day", "is before that of 'month_3'; visits stand in the order of time")
    ]


def test_the_unscheduled_visit_is_the_last() -> None:
    def spoil(table: Table) -> None:
        table["visits"].insert(0, table["visits"].pop())

    assert problems_after(spoil) == [
        ("visits[1].key", "stands after the unscheduled visit 'unscheduled', which must be the last")
    ]


# ---------------------------------------------------------------------------------- every key

OPTIONAL = {
    "basis_of",
    "screened_n",
    "when",
    "valid_to_on",
    "hard_min",
    "hard_max",
    "soft_min",
    "soft_max",
    "soft_change",
    "soft_change_pct",
    "training",
    "valid_months",
}


def _is_optional(path: Path_) -> bool:
    """Keys that a good file may lack: single marks, single bounds, free lists of names."""
    above = path[-2] if len(path) > 1 else ""
    is_mark = "basis_of" in path or (path[-1] == "basis" and len(path) > 2 and path[-3] == "fields")
    is_free = above in ("limits", "fields")
    return path[-1] in OPTIONAL or is_mark or is_free


KINDS = one_of_each_kind(parsed())


@pytest.mark.parametrize("path", KINDS, ids=dotted)
def test_a_key_left_out_is_optional_or_named(path: Path_) -> None:
    table = parsed()
    del holder_of(table, path)[path[-1]]
    keys = [key for key, _ in problems_of(table)]
    if not _is_optional(path):
        assert dotted(path) in keys


@pytest.mark.parametrize("path", KINDS, ids=dotted)
def test_a_value_of_another_kind_is_named(path: Path_) -> None:
    table = parsed()
    holder_of(table, path)[path[-1]] = Path("neither text nor number")
    keys = [key for key, _ in problems_of(table)]
    assert any(key.startswith(dotted(path)) for key in keys)


JUNK: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(),
    st.dates(),
    st.lists(st.one_of(st.integers(), st.text(), st.dictionaries(st.text(), st.integers(), max_size=2)), max_size=3),
    st.dictionaries(st.text(), st.one_of(st.integers(), st.text()), max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(KINDS), value=JUNK)
def test_nothing_in_a_file_makes_the_loader_stumble(path: Path_, value: object) -> None:
    table = parsed()
    holder_of(table, path)[path[-1]] = value
    problems = problems_of(table)
    assert all(reason and "\n" not in reason for _, reason in problems)
