"""Reading the results of the whole synthetic trial: by arm for the statistician, pooled for everybody else."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from endpoints.catalog import REPORTS, list_kinds
from tests.database import copy_database, switch_database
from tests.journeys.conftest import SitDown
from tests.journeys.desk import Desk
from tests.reports import compute_once
from trialsite.accounts.demo_cast import DEMO_PASSWORD
from trialsite.accounts.models import User

# One process builds the synthetic trial for both tests; the other goes on with the other journeys.
pytestmark = pytest.mark.xdist_group("synthetic_trial")

OpenReports = Callable[[str], Desk]
ARMS = ("Venous angioplasty", "Sham procedure")
LESIONS = ("contrast-enhancing", "T2")
# The name of phase 2 says "sham-controlled" to everybody.
ARM_WORDS = re.compile(r"angioplasty|sham(?!-controlled)", re.IGNORECASE)


@pytest.fixture
def served_trial(
    live_server: LiveServer,
    demo_database: str,
    django_db_blocker: DjangoDbBlocker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """The server answers from a copy of the synthetic trial; what ends the test empties the usual database, not this."""
    compute_once(monkeypatch)
    connection = connections["default"]
    own = str(tmp_path / "served.sqlite3")
    copy_database(connection, demo_database, own)
    was = switch_database(connection, own)
    yield
    switch_database(connection, was)


@pytest.fixture
def open_reports(sit_down: SitDown, served_trial: None) -> OpenReports:
    def enter(username: str) -> Desk:
        desk = sit_down(User.objects.get(username=username), is_signed_in=False)
        desk.sign_in(password=DEMO_PASSWORD, path="/")
        desk.leave_by(desk.page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports"))
        return desk

    return enter


def test_the_statistician_reads_every_report_by_arm(open_reports: OpenReports) -> None:
    desk = open_reports("statistician")
    desk.look("reports")
    for kind in REPORTS.values():
        desk.go("/reports/")
        desk.follow(kind.title)
        expect(desk.page.get_by_role("heading", level=1)).to_have_text(kind.title)
        check_figures(desk)
        desk.look(f"report-{kind.key}")
    desk.go("/reports/lesions/")
    totals = {arm: [read_total(desk, f"New {kind} lesions per patient", arm) for kind in LESIONS] for arm in ARMS}
    assert totals == {ARMS[0]: ["19", "17"], ARMS[1]: ["3", "3"]}
    desk.go("/reports/relapses/")
    assert [read_total(desk, "Relapses per patient", arm) for arm in ARMS] == ["4", "1"]
    desk.sees("0.389")
    desk.leave_by(desk.page.locator("tr[data-behind] td.num").filter(has_text="0.389"))
    desk.sees("Behind one number")
    desk.go("/reports/relapses/")
    desk.follow("Values of each patient")
    desk.look("report-patients")
    leave_the_browser_to(desk, "coordinator")


def test_the_coordinator_reads_both_arms_as_one(open_reports: OpenReports) -> None:
    desk = open_reports("coordinator")
    desk.look("reports-pooled")
    for kind in list_kinds(by_arm=False):
        desk.go(f"/reports/{kind.key}/")
        desk.sees("Both arms together")
        # The report on guesses names what was guessed, over both arms together.
        assert kind.key == "blinding" or not ARM_WORDS.search(desk.page.content()), kind.key
    desk.look("report-pooled")
    desk.go("/reports/lesions/")
    assert read_total(desk, "New contrast-enhancing lesions per patient", "Phase 2") == "22"
    desk.go("/reports/relapses/?arm=sham")
    assert read_total(desk, "Relapses per patient", "Phase 2") == "5"
    assert "0.389" not in desk.page.content()


LOOK_AROUND = """async addresses => {
  const found = [];
  for (const address of addresses) {
    const kept = await fetch(address, { cache: "only-if-cached", mode: "same-origin" }).then(one => one.status, () => 0);
    const answer = await fetch(address, { cache: "force-cache" });
    found.push([address, kept, await answer.text()]);
  }
  const workers = await navigator.serviceWorker.getRegistrations();
  const left = [await caches.keys(), workers.length, await indexedDB.databases(), Object.keys(localStorage), Object.keys(sessionStorage)];
  return { found, left: left.flat().join(" ") };
}"""


def leave_the_browser_to(desk: Desk, username: str) -> None:
    """Somebody blinded sits down at the browser in which arms were shown, and looks for them with its own tools."""
    desk.leave_by(desk.page.get_by_role("button", name="Sign out"))
    for _ in range(2):
        desk.page.go_back()
        expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    desk.username = username
    desk.sign_in(password=DEMO_PASSWORD, path="/")
    around = desk.page.evaluate(LOOK_AROUND, [f"/reports/{key}/" for key in REPORTS])
    assert around["left"] in ("0", "0 htmx-current-path-for-history"), around["left"]
    for address, kept, text in around["found"]:
        assert kept not in (200, 304), address
        assert "blinding" in address or not ARM_WORDS.search(text), address


def check_figures(desk: Desk) -> None:
    """Every figure is there and says in words what it shows."""
    for figure in desk.page.locator("figure img").all():
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_js_property("complete", value=True)
        assert figure.evaluate("image => image.naturalWidth") > 0
        assert len(figure.get_attribute("alt") or "") > 40


def read_total(desk: Desk, caption: str, group: str) -> str:
    """What stands under Total for all patients of a group with a count."""
    table = desk.page.get_by_role("table", name=caption, exact=True)
    column = table.locator("thead tr > *").all_inner_texts().index("Total")
    row = table.get_by_role("row").filter(has_text="All with a count").filter(has_text=group)
    return row.locator("th, td").nth(column).inner_text()
