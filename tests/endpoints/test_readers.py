"""CSV files to facts and back."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.facts import ADVERSE_EVENT_COLUMNS, RELAPSE_COLUMNS, VISIT_COLUMNS
from endpoints.readers import CsvError, parse_facts, parse_set, read_facts, render_facts, write_facts
from tests.endpoints.trial import PLAN, Cell, make_facts, make_visit

HEADER = ",".join(VISIT_COLUMNS)
ROW = "T1,2,treated,F,40,1m,30,4,0,1,0,2.5,,50,40,61.25,70"
EVENTS = ",".join(ADVERSE_EVENT_COLUMNS) + "\n"
RELAPSES = ",".join(RELAPSE_COLUMNS) + "\n"


def parse(visits: str | bytes, events: str = EVENTS, relapses: str = RELAPSES) -> dict[str, str]:
    """Read three tables and write them again."""
    content = visits if isinstance(visits, bytes) else visits.encode()
    tables = {
        "visits": content,
        "adverse_events": events.encode(),
        "relapses": relapses.encode(),
    }
    names = {"visits": "t.csv", "adverse_events": "t_ae.csv", "relapses": "t_relapses.csv"}
    return render_facts(parse_facts(tables, PLAN, names))


def test_what_was_written_reads_back_the_same(tmp_path: Path) -> None:
    rows = [
        make_visit("007", "treated", "baseline", vhiss=8, msqol_mental=70.123456789012),
        make_visit("007", "treated", "1m", relapses=1, pbvc=-0.1),
        make_visit("S,1", "sham", "6m", sex=None, age=None),
    ]
    events: list[tuple[Cell, ...]] = [("007", 'Said "ouch",\nthen fainted 🙂', None, "Y", None, None)]
    facts = make_facts(rows, events, [("007", 12)])
    paths = write_facts(facts, tmp_path, "trial")
    assert [path.name for path in paths] == ["trial.csv", "trial_ae.csv", "trial_relapses.csv"]
    again = read_facts(tmp_path, "trial", PLAN)
    assert render_facts(again) == render_facts(facts)
    for table in ("visits", "adverse_events", "relapses"):
        assert getattr(again, table).equals(getattr(facts, table))


def test_columns_may_come_in_another_order_and_with_a_byte_order_mark() -> None:
    shuffled = "onset_day,subject\n5,T1\n"
    text = parse(f"\ufeff{HEADER}\r\n{ROW}\r\n\r\n".encode(), relapses=shuffled)
    assert text["visits"] == f"{HEADER}\n{ROW}\n"
    assert text["relapses"] == "subject,onset_day\nT1,5\n"


@pytest.mark.parametrize(
    ("visits", "message"),
    [
        ("", "t.csv: This file is empty"),
        (HEADER.replace(",vhiss", ""), "t.csv, line 1, column vhiss: This column is missing."),
        (HEADER + ",vhiss", "t.csv, line 1, column vhiss: This column appears twice."),
        (HEADER + ",", "t.csv, line 1, column 18: This column has no name."),
        (f"{HEADER}\n{ROW},1", "t.csv, line 2: This line has 18 cells; the header has 17."),
        (f"{HEADER}\n{ROW}\nT2,2", "t.csv, line 3: This line has 2 cells; the header has 17."),
        (f"{HEADER}\n" + ROW.replace(",4,", ",four,"), "line 2, column vhiss: 'four' is not a number."),
        (f"{HEADER}\n" + ROW.replace("2.5", '"2,5"'), "line 2, column edss: '2,5' is not a number."),
        (f"{HEADER}\n" + ROW.replace(",4,", ",nan,"), "line 2, column vhiss: 'nan' is not a number."),
        (f"{HEADER}\n" + ROW.replace(",4,", ",1e999,"), "column vhiss: '1e999' is not a number."),
        (f"{HEADER}\n" + ROW.replace(",4,", ",1_0,"), "column vhiss: '1_0' is not a number."),
        (f"{HEADER}\n\n{ROW.replace(',4,', ',17,')}", "t.csv, line 3, column vhiss: This must be from"),
        (f"{HEADER}\n{ROW}\n{ROW}", "t.csv, line 3, column visit: This subject already has"),
        (
            f"{HEADER}\n" + ROW.replace(",30,", ",20120304,"),
            "line 2, column study_day: A day counts from the procedure",
        ),
        (f"{HEADER}\n" + ROW.replace(",30,", ",-36526,"), "line 2, column study_day: A day counts from the procedure"),
        (f'{HEADER}\n"{ROW}', "t.csv, line 2: This is not valid CSV"),
        (f"{HEADER}\nT1\0{ROW}", "t.csv, line 2: This line holds a null byte"),
        (HEADER.encode() + b"\n\xff", "t.csv, line 2: This line is not UTF-8 text"),
    ],
)
def test_a_malformed_file_is_refused_at_its_place(visits: str | bytes, message: str) -> None:
    with pytest.raises(CsvError) as error:
        parse(visits)
    assert message in str(error.value)


def test_memory_grows_by_a_few_times_the_file() -> None:
    """Cells as lists of texts took over twenty times the size of the file, so a million rows over a gigabyte."""
    visits = "screening", "baseline", "24h", "1m", "3m", "6m"
    days = -30, -7, 1, 30, 91, 182
    rows = [
        f"P{number:05},2,treated,F,40,{visit},{day},4,,,,2.5,{number / 7},50,40,{number / 9},70"
        for number in range(700)
        for visit, day in zip(visits, days, strict=True)
    ]
    content = "\n".join([HEADER, *rows]).encode()
    tables = {"visits": content, "adverse_events": EVENTS.encode(), "relapses": RELAPSES.encode()}
    parse_set({**tables, "visits": f"{HEADER}\n{ROW}".encode()}, PLAN)  # what is loaded once does not count
    tracemalloc.start()
    try:
        assert len(parse_set(tables, PLAN).facts.visits) == len(rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * len(content)


def test_lines_are_counted_through_cells_of_several_lines() -> None:
    events = EVENTS + 'T1,"two\nlines",1,Y,N,3\nT1,next,9,Y,N,3\n'
    with pytest.raises(CsvError, match=r"t_ae\.csv, line 4, column ctcae_grade"):
        parse(f"{HEADER}\n{ROW}\n", events)


def test_problems_of_all_files_are_told_at_once() -> None:
    with pytest.raises(CsvError) as error:
        parse("subject\n", "", RELAPSES)
    files = {problem.file for problem in error.value.problems}
    assert files == {"t.csv", "t_ae.csv"}


def test_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "trial.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(CsvError) as error:
        read_facts(tmp_path, "trial", PLAN)
    assert [problem.file for problem in error.value.problems] == ["trial_ae.csv", "trial_relapses.csv"]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    """Whatever the file holds, the answer is facts or a refusal that names the file."""
    tables = {"visits": content, "adverse_events": EVENTS.encode(), "relapses": RELAPSES.encode()}
    with pytest.raises(CsvError, match="visits"):
        parse_facts(tables, PLAN)
