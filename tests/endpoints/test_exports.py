"""CSV files, printed numbers, figures, and what a worker imports."""

import subprocess
import sys
from io import BytesIO
from math import inf, nan
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook

from endpoints.engine import start_engine
from endpoints.exports.csv_file import make_safe, write_csv
from endpoints.exports.xlsx_file import write_xlsx
from endpoints.figures import (
    Course,
    Dots,
    Limits,
    draw_courses,
    draw_distribution,
    draw_dots,
    draw_proportions,
    save_svg,
)
from endpoints.layout import Column, Table
from endpoints.svg_bands import mark_svg, sign_svg
from endpoints.wording import write_number, write_p, write_percent, write_plain

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-", "-2 to 3"])
def test_nothing_in_a_file_can_be_a_formula(cell: str) -> None:
    assert make_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1.50", "+3", "0.389", "-∞", "<0.001", "", "Sham procedure", "1e-05", "-1e-05"])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert make_safe(cell) == cell


def test_a_file_begins_with_its_manifest() -> None:
    table = Table("t", "T", (Column("Name"), Column("n")), (("A, b", "1"), ('"q"', "2")))
    text = write_csv(table, [("Made for", "Ann\n=1"), ("Rows", "2")])
    assert text == '\ufeff# Made for: Ann =1\r\n# Rows: 2\r\nName,n\r\n"A, b",1\r\n"""q""",2\r\n'


def test_a_workbook_holds_numbers_as_printed_and_text_that_cannot_run() -> None:
    columns = (Column("Name", is_number=False), Column("n"), Column("p"))
    cells = (("=1+1", "12", "0.050"), ("http://x", "-1.50", "<0.001"), ("A & <b>", "0.30000000000000004", "1e-05"))
    table = Table("t", "T", columns, cells)
    manifest = [("Made for", "=Ann"), ("Rows", "3")]
    content = write_xlsx(table, manifest)
    assert content == write_xlsx(table, manifest)
    book = load_workbook(BytesIO(content))
    rows = [[(cell.value, cell.data_type) for cell in row] for row in book["Table"].iter_rows()]
    assert rows[0] == [("Name", "s"), ("n", "s"), ("p", "s")]
    assert rows[1] == [("=1+1", "s"), (12, "n"), (0.05, "n")]
    assert rows[2] == [("http://x", "s"), (-1.5, "n"), ("<0.001", "s")]
    assert rows[3] == [("A & <b>", "s"), (0.3, "n"), (1e-05, "n")]
    assert book["Table"]["B4"].number_format == "General"
    assert book["Table"]["C2"].number_format == "0.000"
    assert not book["Table"]["A3"].hyperlink
    assert [[cell.value for cell in row] for row in book["About"].iter_rows()] == [["Made for", "=Ann"], ["Rows", "3"]]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (write_p(0.38947), "0.389"),
        (write_p(0.0004), "<0.001"),
        (write_p(1.0), "1.000"),
        (write_p(None), "\N{EN DASH}"),
        (write_number(-0.001), "0.00"),
        (write_number(inf), "∞"),
        (write_number(-inf), "-∞"),
        (write_number(nan), "\N{EN DASH}"),
        (write_percent(1 / 3), "33.3"),
        (write_plain(None), ""),
        (write_plain(3.0), "3"),
        (write_plain(inf), "Inf"),
        (write_plain(0.1), "0.1"),
    ],
)
def test_numbers_are_always_printed_alike(printed: str, expected: str) -> None:
    assert printed == expected


def draw_everything() -> list[bytes]:
    course = Course("A", [[1, nan, 3]], [1, nan, 3], [(0, 2), (nan, nan), (2, 4)])
    figures = (
        draw_courses([course, course], ["a", "b", "c"], "points"),
        draw_dots([Dots("New", {"A": [0, 0, 3], "B": []})], "lesions"),
        draw_distribution({"A": {0: 3, 1: 1}, "B": {}}, "relapses"),
        draw_distribution({"A": {}}, "relapses"),
        draw_proportions(["any"], {"A": [Limits(50, 10, 90)], "B": [Limits(None, None, None)]}),
    )
    return [save_svg(figure, "Title & <more>", "What it shows") for figure in figures]


def test_a_figure_tells_what_it_shows_in_real_text() -> None:
    for svg in draw_everything():
        root = ET.fromstring(svg)  # noqa: S314 - our own file
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == "title desc"
        assert [child.text for child in root[:2]] == ["Title & <more>", "What it shows"]
        assert root.find(f".//{SVG}text") is not None


def test_a_mark_stands_in_a_band_of_its_own_above_the_figure() -> None:
    for svg in draw_everything():
        before, after = (ET.fromstring(one) for one in (svg, mark_svg(svg, "Dummy <arms>")))  # noqa: S314 - our own file
        boxes = [[float(number) for number in root.attrib["viewBox"].split()] for root in (before, after)]
        assert boxes[1] == pytest.approx([0, -14, boxes[0][2], boxes[0][3] + 14], rel=1e-5)
        mark = after[-1]
        assert mark.text == "Dummy <arms>"
        assert -14 < float(mark.attrib["y"]) < 0
        # And for whom it was made below, beside the mark above.
        signed = ET.fromstring(sign_svg(mark_svg(svg, "Dummy <arms>"), "For <whom>, when"))  # noqa: S314 - our own file
        box = [float(number) for number in signed.attrib["viewBox"].split()]
        assert box == pytest.approx([0, -14, boxes[0][2], boxes[0][3] + 28], rel=1e-5)
        assert [one.text for one in signed[-2:]] == ["Dummy <arms>", "For <whom>, when"]
        assert boxes[0][3] < float(signed[-1].attrib["y"]) < boxes[0][3] + 14
    with pytest.raises(ValueError, match="height"):
        mark_svg(b"<svg></svg>", "")


def test_equal_figures_are_equal_files() -> None:
    assert draw_everything() == draw_everything()


def test_a_worker_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "import trialsite.wsgi; "
        "print([name for name in ('pandas', 'numpy', 'scipy', 'statsmodels', 'matplotlib') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_engine_does_what_it_says() -> None:
    engine = start_engine()
    for name in ("build_report", "compute_flows", "draw_figure", "list_rows", "list_patients", "write_tidy"):
        assert callable(getattr(engine, name))
