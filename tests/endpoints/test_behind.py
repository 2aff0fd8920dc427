"""From every number of every report to the patients behind it: on the whole synthetic trial, by arm."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from endpoints.catalog import REPORTS, ReportKind
from endpoints.chapters import CHAPTERS
from endpoints.layout import Behind, Listing, ReportInput, Table
from endpoints.populations import restrict
from endpoints.reports import build_report, list_patients
from endpoints.selectors.arms import get_arms
from endpoints.selectors.participants import get_participants
from endpoints.selectors.populations import get_sets
from endpoints.selectors.records import get_recorded_facts
from tests.reports import compute_once
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol

EVENTS = {"Events", "Total"}
"""Headings of numbers that count more than one in a patient."""


def read_input(kind: ReportKind, user: User) -> ReportInput:
    protocol = get_protocol()
    participants = get_participants(protocol)
    recorded = get_recorded_facts(participants, kind.forms, protocol)
    given = ReportInput(protocol=protocol, participants=participants, recorded=recorded)
    if not kind.is_divided:
        return given
    arms = get_arms(user, protocol, participants, "test")
    return replace(given, arms=arms, sets=get_sets(user, protocol, participants))


@pytest.fixture
def computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compute_once(monkeypatch)
    for key, chapter in CHAPTERS.items():
        kept: dict[int, tuple[Any, Any]] = {}

        def recall(material: Any, kept: Any = kept, compute: Any = chapter.summarize) -> Any:
            if id(material) not in kept:
                kept[id(material)] = (material, compute(material))  # the material is kept, so that no other has its id
            return kept[id(material)][1]

        monkeypatch.setitem(CHAPTERS, key, replace(chapter, summarize=recall))


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.usefixtures("demo_trial", "computed_once")
def test_every_number_of_every_report_leads_to_the_patients_it_counts() -> None:
    user = User.objects.get(username="statistician")
    given = {key: read_input(kind, user) for key, kind in REPORTS.items()}
    numbers = [one.number for one in given["flow"].participants]

    @lru_cache
    def cut(key: str, population: str) -> ReportInput:
        return restrict(given[key], population) if population else given[key]

    def list_behind(key: str, behind: Behind, which: str) -> Listing | None:
        where = behind.report or key
        return list_patients(REPORTS[where], cut(where, behind.within), numbers, (behind, which))

    led: Counter[str] = Counter()
    for key, kind in REPORTS.items():
        tables = [table for section in build_report(kind, given[key]).sections for table in section.tables]
        assert tables, key
        for table, row, behind in walk(tables):
            assert behind is not None, (key, table.key, row)
            if not any(column.at for column in table.columns):
                assert list_behind(key, behind, "present") is not None, (key, table.key, row)
            for heading, number, at, which in list_counts(table, row):
                listing = list_behind(key, replace(behind, **at), which)
                assert listing is not None, (key, table.key, row, heading)
                patients = len({line.number for line in listing.rows})
                assert 0 < patients <= number if heading in EVENTS else patients == number, (
                    key,
                    table.key,
                    row,
                    heading,
                )
                led[key] += 1
    assert set(led) == set(REPORTS)
    assert led.total() > 1000


def walk(tables: list[Table]) -> Any:
    for table in tables:
        assert len(table.behind) == len(table.rows), table.key
        for row, behind in zip(table.rows, table.behind, strict=True):
            yield table, row, behind


def list_counts(table: Table, row: tuple[str, ...]) -> Any:
    """The numbers of patients in a row that are not zero."""
    for column, cell in zip(table.columns, row, strict=True):
        number = cell.partition(" ")[0]
        if column.which and number.isdecimal() and number != "0":
            yield column.heading, int(number), dict(column.at), column.which
