"""The reports as people read them: from records stored through the gate to the numbers on the page."""

import csv
import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urljoin
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from endpoints.actions.snapshot import make_snapshot
from endpoints.catalog import REPORTS, list_kinds
from endpoints.facts import OUTCOMES
from endpoints.views.desk import chooses_dummy
from enrollment.models import Patient, PatientStatus
from tests.cast import OTHER_SITE, SignIn
from tests.endpoints import stored
from tests.events import read_events
from tests.reports import compute_once
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol
from visits.models import AdverseEvent, Mri, RelapseCheck

RELAPSES = {"angioplasty": (0, 0, 0, 0, 0, 0, 1, 1, 2), "sham": (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}
NEW_LESIONS = {"angioplasty": (9, 4, 3, 2, 1, 0, 0, 0, 0), "sham": (2, 1, 0, 0, 0, 0, 0, 0, 0, 0)}
BLINDED = (Role.COORDINATOR, Role.INVESTIGATOR, Role.MONITOR, Role.DATA_MANAGER)
Cells = list[list[str]]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_computation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a report, its tables, files and figures are made from one computation, as long as what they are given is the same."""
    compute_once(monkeypatch)


def read_page(browser: Client, name: str, *args: str) -> str:
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def read_tables(page: str) -> dict[str, Cells]:
    """Caption -> rows of cells, headings first."""
    tables = {}
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", table, flags=re.DOTALL)
        assert caption, "every table has a caption"
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, flags=re.DOTALL)
        assert read_text(caption.group(1)) not in tables, "every caption stands once"
        tables[read_text(caption.group(1))] = [
            [read_text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)] for row in rows
        ]
    return tables


def read_text(markup: str) -> str:
    return unescape(re.sub("<.*?>", "", markup)).strip()


def find_row(table: Cells, *start: str) -> list[str]:
    (row,) = [row for row in table if tuple(row[: len(start)]) == start]
    return row


def read_csv(browser: Client, url: str) -> tuple[dict[str, str], Cells]:
    """The manifest, and the rows with the headings first."""
    lines = list(csv.reader(StringIO(browser.get(url).content.decode("utf-8-sig"))))
    manifest = dict(line[0][2:].split(": ", 1) for line in lines if line[0].startswith("# "))
    return manifest, [line for line in lines if not line[0].startswith("# ")]


def list_links(page: str) -> Iterator[str]:
    """Everything of the reports that a page leads to: pages, figures, files."""
    for link in re.findall(r'(?:href|src)="(/reports/[^"]*)"', page):
        yield unescape(link)


def build_trial() -> dict[str, list[Patient]]:
    """Nine treated and ten sham with the published relapses, one drawn and not treated, some still waiting."""
    stored.seal_a_list()
    by_arm: dict[str, list[Patient]] = {"angioplasty": [], "sham": []}
    number = 0
    while min(len(patients) for patients in by_arm.values()) < 10:
        number += 1
        patient = stored.enter(stored.register(f"P2-{number:03d}"))
        by_arm[stored.arm_of(patient)].append(patient)
    stored.end(by_arm["angioplasty"][9], "randomized_not_treated", "Withdrew consent before the procedure")
    for arm, counts in RELAPSES.items():
        for patient, relapses, lesions in zip(by_arm[arm], counts, NEW_LESIONS[arm], strict=False):
            treat_and_follow(patient, relapses, lesions)
    stored.register("P2-099", status=PatientStatus.SCREEN_FAILED, screen_failure_reasons=["I5"])
    return by_arm


def treat_and_follow(patient: Patient, relapses: int, lesions: int) -> None:
    stored.treat(patient)
    for key, new_relapses, new_lesions in (("month_1", relapses, lesions), ("month_6", 0, 0)):
        visit = stored.attend(patient, key)
        stored.fill_in(RelapseCheck, visit, new_relapses=new_relapses)
        stored.fill_in(Mri, visit, is_scan_done=True, cel_new=new_lesions, t2_new=0)


def list_arm_words() -> list[str]:
    """The words that tell the arms of the randomized phase apart."""
    protocol = get_protocol()
    arms = [arm for phase in protocol.phases if phase.is_randomized for arm in protocol.arms_of_phase(phase.number)]
    return [word for arm in arms for word in (arm.key, arm.label.lower())] + ["venous angio", "by arm", "by-arm"]


def test_the_statistician_reads_the_published_totals_and_their_tests(statistician: User, sign_in: SignIn) -> None:
    build_trial()
    browser = sign_in(statistician)
    tables = read_tables(read_page(browser, "report", "relapses"))
    patients = tables["Patients by number of relapses"]
    assert patients[0] == ["Group", "With 0", "With 1", "With 2", "Missing"]
    assert find_row(patients, "Venous angioplasty")[1:] == ["6", "2", "1", "0"]
    assert find_row(patients, "Sham procedure")[1:] == ["9", "1", "0", "0"]
    row = find_row(tables["Relapses: Venous angioplasty v Sham procedure"], "Distribution over patients: chi-square")
    assert row[4:] == ["0.389", "19", "Pearson chi-square on arm by count, no continuity correction"]
    lesions = read_tables(read_page(browser, "report", "lesions"))["New contrast-enhancing lesions per patient"]
    assert find_row(lesions, "All with a count", "Venous angioplasty")[2:5] == ["9", "0", "19"]
    assert find_row(lesions, "All with a count", "Sham procedure")[2:5] == ["10", "0", "3"]
    _, rows = read_csv(browser, reverse("report_rows", args=["relapses"]))
    (exact,) = [row for row in rows if "chisq_p" in row and "available" in row]
    assert float(exact[rows[0].index("value")]) == pytest.approx(0.38947, abs=1e-5)


@pytest.mark.one_database  # which report asks the vault for whom is decided before
def test_blinded_people_get_no_arm_and_the_vault_stays_shut(cast: dict[Role, User], sign_in: SignIn) -> None:
    build_trial()
    words = list_arm_words()
    by_arm_alone = [key for key, kind in REPORTS.items() if kind.needs_arms]
    assert by_arm_alone == ["conduct", "effects", "models"]
    for role in BLINDED:
        # Monitors may see most, so they open every figure and file as well.
        for url, told, asked in walk_reports(sign_in(cast[role]), pages_only=role is not Role.MONITOR):
            assert "vault" not in asked, f"{url} asks the vault"
            assert "intervention" not in asked, f"{url} reads what was done"
            assert not [word for word in words if word in told], f"{url} tells an arm to the {role}"
            assert not [key for key in by_arm_alone if f"/reports/{key}/" in told], f"{url} leads to what is not there"
    browser = sign_in(cast[Role.MONITOR])
    for path in ("", "patients/", "patients.csv", "patients.xlsx", "rows.csv", "rows.xlsx", "figures/forest.svg"):
        assert [browser.get(f"/reports/{key}/{path}").status_code for key in (*by_arm_alone, "none")] == [404] * 4, path


@pytest.mark.one_database  # which report asks the vault for whom is decided before
def test_the_walk_through_the_reports_would_find_an_arm(statistician: User, sign_in: SignIn) -> None:
    build_trial()
    words = list_arm_words()
    walked = list(walk_reports(sign_in(statistician), pages_only=True))
    assert {url.split("/")[2] for url, told, asked in walked if "vault" in asked} == {
        key for key, kind in REPORTS.items() if kind.is_divided
    }
    assert {url.split("/")[2] for url, told, _ in walked if any(word in told for word in words)} >= {"flow", "lesions"}


def walk_reports(browser: Client, *, pages_only: bool) -> Iterator[tuple[str, str, str]]:
    """Every address of the reports that links lead to, from the front page on: what it tells, and what it asked the
    database, in small letters."""
    found: set[str] = set()
    todo = [reverse("reports")]
    while todo:
        url = todo.pop()
        if url in found or (pages_only and not url.endswith("/")):
            continue
        found.add(url)
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(url)
        assert answer.status_code == 200, url
        told = read_workbook(answer.content) if url.endswith(".xlsx") else answer.content.decode("utf-8-sig")
        if answer.headers["Content-Type"].startswith("text/html"):
            links = list(list_links(told))
            books = [link for link in links if "/tables/" in link and ".xlsx" in link]
            todo.extend(link for link in links if link not in books[1:])  # the tables of all of them are read as CSV
        told += answer.headers.get("Content-Disposition", "")
        yield url, told.lower(), " ".join(query["sql"] for query in queries).lower()


def read_workbook(content: bytes) -> str:
    """Every byte that a workbook holds, unpacked."""
    with ZipFile(BytesIO(content)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def test_reading_arms_is_written_to_the_restricted_trail(statistician: User, sign_in: SignIn) -> None:
    stored.register("P2-001")
    before = AuditEvent.objects.filter(action="read_arms").count()
    read_page(sign_in(statistician), "report", "lesions")
    event = read_events(action="read_arms")[-1]
    assert AuditEvent.objects.filter(action="read_arms").count() == before + 1
    assert event.is_restricted
    assert "Report lesions, page" in event.detail


@pytest.mark.parametrize("query", ["?arm=sham", "?arms=1&view=by-arm", "?group=treated"])
def test_an_arm_typed_into_the_address_changes_nothing(query: str, monitor: User, sign_in: SignIn) -> None:
    treat_and_follow(enter_open("P1-001"), 1, 2)
    browser = sign_in(monitor)
    url = reverse("report", args=["relapses"])
    pages = [
        re.sub(
            r"Made at.*?</dd>|csrf.*?>|X-CSRFToken.*?}", "", browser.get(url + end).content.decode(), flags=re.DOTALL
        )
        for end in ("", query)
    ]
    assert pages[0] == pages[1]


def enter_open(number: str, **values: str) -> Patient:
    return stored.enter(stored.register(number, phase=1, **values))


def test_a_file_prints_what_the_page_prints(statistician: User, sign_in: SignIn) -> None:
    build_trial()
    browser = sign_in(statistician)
    for key in ("flow", "lesions", "safety"):
        page = read_page(browser, "report", key)
        printed = list(read_tables(page).values())
        files = [url for url in list_links(page) if "/tables/" in url and url.endswith(".csv")]
        assert len(files) == len(printed) > 0
        for url, table in zip(files, printed, strict=True):
            manifest, rows = read_csv(browser, url)
            assert rows == table
            assert manifest["Rows"] == str(len(rows) - 1)
            assert get_protocol().digest in manifest["Protocol"]
            assert manifest["Made for"] == f"{statistician.full_name} (statistician)"
            assert len(manifest["Allocation list of phase 2, SHA-256"]) == 64


def test_the_name_of_a_file_says_whether_arms_are_inside(statistician: User, monitor: User, sign_in: SignIn) -> None:
    stored.register("P2-001")
    url = reverse("report_table", args=["flow", "phase-2"])
    names = [sign_in(user).get(url).headers["Content-Disposition"] for user in (statistician, monitor)]
    assert "premise-flow-by-arm-phase-2.csv" in names[0]
    assert "premise-flow-pooled-phase-2.csv" in names[1]


@pytest.mark.conformance(18)
def test_a_file_by_arm_says_for_whom_and_when_it_was_made(
    statistician: User, monitor: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure below it, a workbook on every sheet; of a snapshot, which is the same for everybody, the name of the file says it."""
    stored.register("P2-001")
    made = make_snapshot(statistician, "")
    moment = clock.now()
    monkeypatch.setattr("trialsite.lib.clock.now", lambda: moment)
    keeper, who = sign_in(statistician), "The statistician (statistician)"
    told, ending = f"{who}, {moment:%Y-%m-%d %H:%M} UTC", f"-for-statistician-{moment:%Y%m%dT%H%MZ}"
    figure, table = reverse("report_figure", args=["flow", "phase-2"]), ["flow", "phase-2"]
    opened = keeper.get(figure)
    assert told in opened.content.decode()
    # By itself it is drawn with the styles that stand in it, and loads and runs nothing.
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    assert set(opened["Content-Security-Policy"].split("; ")) == set(policy.split("; "))
    assert " UTC" not in sign_in(monitor).get(figure).content.decode()
    book = load_workbook(BytesIO(keeper.get(reverse("report_table_xlsx", args=table)).content))
    said = f"{who} \N{MIDDLE DOT} {moment:%Y-%m-%d %H:%M:%S} UTC"
    assert [sheet.oddFooter.left.text for sheet in book] == [said, said]
    assert f"# Made for: {who}" in keeper.get(reverse("report_table", args=table)).content.decode()
    for url in (figure, reverse("report_table", args=table), reverse("report_table_xlsx", args=table)):
        answer = keeper.get(f"{url}?snapshot={made.id}")
        assert f"{ending}." in answer["Content-Disposition"]
    assert " UTC" not in keeper.get(f"{figure}?snapshot={made.id}").content.decode()
    facts = keeper.get(reverse("snapshot_facts", args=[made.id, "visits"]))
    assert facts["Content-Disposition"].endswith(f'{ending}.csv"')


@pytest.mark.one_database  # the sentences; every report is read from both by the last test
@pytest.mark.parametrize("patients", ["none", "one screened", "one treated"])
def test_a_trial_that_has_hardly_begun_gets_sentences(
    patients: str, statistician: User, coordinator: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_once(monkeypatch)
    if patients == "one screened":
        stored.register("P2-001")
    if patients == "one treated":
        stored.treat(enter_open("P1-001"))
    for user in (statistician, coordinator):
        browser = sign_in(user)
        for kind in list_kinds(by_arm=user == statistician):
            key = kind.key
            page = read_page(browser, "report", key)
            if patients == "none":
                assert "No patient is registered yet." in page or "Nobody has been treated yet." in page
            for url in list_links(page):
                if url.startswith(reverse("report", args=[key])) and ".xlsx" not in url:
                    assert browser.get(url).status_code == 200, url


@pytest.mark.parametrize(
    "path",
    [
        "reports/nothing/",
        "reports/flow/figures/phase-9.svg",
        "reports/relapses/figures/nothing.svg",
        "reports/relapses/tables/nothing.csv",
        "reports/flow/rows.csv",
        "reports/accrual/patients/",
    ],
)
def test_what_no_report_has_does_not_exist(path: str, statistician: User, sign_in: SignIn) -> None:
    assert sign_in(statistician).get(f"/{path}").status_code == 404


# Dummy arms


def test_dummy_arms_are_marked_wherever_they_stand_and_kept_from_the_blinded(
    statistician: User, monitor: User, sign_in: SignIn
) -> None:
    build_trial()
    browser = sign_in(statistician)
    url = reverse("report", args=["lesions"])
    real, dummy = (browser.get(f"{url}?arms={arms}").content.decode() for arms in ("real", "dummy"))
    assert "Show dummy arms instead" in real
    assert "The arms of the randomized phase are dealt out anew" in dummy
    caption = "New contrast-enhancing lesions per patient"
    assert read_tables(real)[caption] != read_tables(dummy)[caption]
    by_group = [
        find_row(read_tables(dummy)[caption], "All with a count", arm)
        for arm in ("Venous angioplasty", "Sham procedure")
    ]
    assert sum(int(row[4]) for row in by_group) == 22, "the same patients, dealt out anew"
    files = [link for link in list_links(dummy) if "." in link]
    assert files
    assert all(link.endswith("?arms=dummy") for link in files)
    answer = browser.get(next(link for link in files if ".svg" in link))
    assert ">Dummy arms<" in answer.content.decode()
    for ending, link in (
        (ending, next(link for link in files if "tables/" in link and ending in link)) for ending in (".csv", ".xlsx")
    ):
        answer = browser.get(link)
        assert "dummy-arms" in answer.headers["Content-Disposition"]
        told = read_workbook(answer.content) if ending == ".xlsx" else answer.content.decode()
        assert "dealt out anew" in told
    assert read_events(action="read_arms")[-1].detail.count("shown with dummy arms") == 1
    pages = [sign_in(monitor).get(url + end).content.decode() for end in ("", "?arms=dummy")]
    assert read_tables(pages[0]) == read_tables(pages[1])
    assert "dummy" not in pages[1].lower()


@pytest.mark.django_db
def test_production_shows_dummy_arms_but_for_what_is_watched_before_the_release(settings: Any) -> None:
    settings.IS_PRODUCTION = True
    assert [key for key, kind in REPORTS.items() if not chooses_dummy(kind, "")] == ["safety", "conduct"]
    assert chooses_dummy(REPORTS["lesions"], "real")
    settings.IS_PRODUCTION = False
    assert not chooses_dummy(REPORTS["lesions"], "")
    assert not chooses_dummy(REPORTS["lesions"], "anything")


# Values of single patients


def test_a_cell_leads_to_the_patients_it_counts(statistician: User, monitor: User, sign_in: SignIn) -> None:
    build_trial()
    keeper, browser = sign_in(statistician), sign_in(monitor)
    links = {
        (user.username, key): list_cell_links(read_page(window, "report", key))
        for user, window in ((statistician, keeper), (monitor, browser))
        for key in ("relapses", "lesions")
    }
    wanted = "1, With 2, Venous angioplasty: the patients"
    (number, url) = links["statistician", "relapses"][wanted]
    page = keeper.get(url).content.decode()
    assert "Behind one number: <strong>Relapses, Venous angioplasty: patients with exactly 2.</strong>" in page
    values, records = read_tables(page).values()
    assert len(values) - 1 == int(number) == 1
    assert {row[0] for row in records[1:]} == {values[1][0]}
    (file,) = re.findall(r'href="([^"]*patients.csv[^"]*)"', page)
    assert len(read_csv(keeper, unescape(file))[1]) == 2
    (number, url) = links["monitor", "lesions"]["19, n, All with a count, Phase 2: the patients"]
    page = browser.get(url).content.decode()
    assert len({row[0] for row in next(iter(read_tables(page).values()))[1:]}) == int(number)
    assert "angioplasty" not in "".join(name + url for name, (_, url) in links["monitor", "lesions"].items())
    for told in ("sham", "treated", "treated_vs_sham", ""):
        assert browser.get(re.sub("group=[^&]*", f"group={told}", url)).status_code == 404, told
    for asked in ("which=", "part=", "outcome="):
        assert keeper.get(re.sub(f"{asked}[^&]*", f"{asked}nothing", url)).status_code == 404
    assert keeper.get("/reports/flow/patients/?which=x").status_code == 404
    dummy = list_cell_links(keeper.get(reverse("report", args=["lesions"]) + "?arms=dummy").content.decode())
    assert all("?arms=dummy&part=" in url for _, url in dummy.values())
    (_, url) = list_cell_links(read_page(keeper, "report", "effects"))["19, n, Relapses: the patients"]
    assert keeper.get(url).status_code == 200


def list_cell_links(page: str) -> dict[str, tuple[str, str]]:
    """The numbers that are links, with their addresses, by name."""
    key = re.findall(r'href="/reports/([a-z-]+)/[^"]*" aria-current="page"', page)[0]
    found = re.findall(r'<a class="behind" href="([^"]*)" aria-label="([^"]*)">(\d+)</a>', page)
    return {unescape(name): (number, urljoin(f"/reports/{key}/", unescape(url))) for url, name, number in found}


def test_a_number_leads_to_its_patients(statistician: User, monitor: User, sign_in: SignIn) -> None:
    by_arm = build_trial()
    patient = by_arm["angioplasty"][8]
    for user, group in ((statistician, "Venous angioplasty"), (monitor, "Phase 2")):
        page = read_page(sign_in(user), "report_patients", "relapses")
        values, records = read_tables(page).values()
        assert find_row(values, patient.number) == [patient.number, group, "2", "182", "Yes"]
        assert reverse("casebook", args=[patient.pk]) in page
        behind = find_row(records, patient.number, "Month 1", "Relapse check")
        assert behind[3:5] == ["Complete", "1: history of Relapse check"]
        check = RelapseCheck.objects.get(patient=patient, visit__planned_key="month_1")
        for url in (
            reverse("visit_form", args=[check.visit_id, "relapse_check"]),
            reverse("record_history", args=["relapse_check", check.pk]),
        ):
            assert f'href="{url}"' in page


def test_a_report_of_two_outcomes_lists_both(statistician: User, sign_in: SignIn) -> None:
    build_trial()
    values = next(iter(read_tables(read_page(sign_in(statistician), "report_patients", "quality-of-life")).values()))
    assert {row[2] for row in values[1:]} == {OUTCOMES[key].label for key in ("msqol_physical", "msqol_mental")}


def test_a_list_holds_patients_of_the_own_sites_only(
    coordinator: User, other_coordinator: User, data_manager: User, sign_in: SignIn
) -> None:
    for number, site in (("P1-001", "UB"), ("P1-002", OTHER_SITE)):
        stored.register(number, phase=1, site=site)
    url = reverse("report_patients", args=["flow"])
    seen = {
        user.username: sign_in(user).get(url).content.decode()
        for user in (coordinator, other_coordinator, data_manager)
    }
    assert ["P1-001" in page for page in seen.values()] == [True, False, True]
    assert ["P1-002" in page for page in seen.values()] == [False, True, True]


def test_who_treats_never_sees_the_later_score_of_one_patient(
    coordinator: User, investigator: User, monitor: User, sign_in: SignIn
) -> None:
    for number in range(1, 5):
        patient = enter_open(f"P1-{number:03d}")
        stored.treat(patient)
        stored.examine(stored.attend(patient, "screening"), 6)
        stored.examine(stored.attend(patient, "month_1"), 1)
    for user in (coordinator, investigator):
        browser = sign_in(user)
        page = read_page(browser, "report", "vhiss")
        table = read_tables(page)["VHISS by visit"]
        assert find_row(table, "Month 1", "Phase 1")[2:] == ["4", "0", *["withheld"] * 5]
        for name in ("report_patients", "report_patients_file", "report_rows"):
            assert browser.get(reverse(name, args=["vhiss"])).status_code == 404
    table = read_tables(read_page(sign_in(monitor), "report", "vhiss"))["VHISS by visit"]
    assert find_row(table, "Month 1", "Phase 1")[2:5] == ["4", "0", "1.00"]


def test_the_response_needs_more_than_three_quarters(monitor: User, sign_in: SignIn) -> None:
    for number, later in ((1, 1), (2, 2)):
        patient = enter_open(f"P1-{number:03d}")
        stored.treat(patient)
        stored.examine(stored.attend(patient, "screening"), 5 if later == 1 else 6)
        stored.examine(stored.attend(patient, "month_1"), later)
    table = read_tables(read_page(sign_in(monitor), "report", "vhiss"))["Response at Month 1"]
    assert find_row(table, "Evaluable patients", "Phase 1")[2:4] == ["1", "2"]


def test_a_term_cannot_run_in_a_spreadsheet(monitor: User, sign_in: SignIn) -> None:
    patient = enter_open("P1-001")
    stored.treat(patient)
    stored.log(AdverseEvent, patient, term="=HYPERLINK(0)", onset_on=stored.DAY_0, seriousness=["none"], ctcae_grade=1)
    browser = sign_in(monitor)
    _, rows = read_csv(browser, reverse("report_table", args=["safety", "terms"]))
    assert any(cell.startswith("'=hyperlink") for row in rows for cell in row)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_a_report_costs_the_same_queries_whatever_its_size(monitor: User, sign_in: SignIn) -> None:
    browser = sign_in(monitor)
    read_page(browser, "reports")  # the first page of a session writes when it was last used
    costs: list[dict[str, int]] = []
    for number in (1, 2):
        treat_and_follow(enter_open(f"P1-{number:03d}"), 1, 0)
        costs.append({})
        for key in (kind.key for kind in list_kinds(by_arm=False)):
            with CaptureQueriesContext(connection) as queries:
                read_page(browser, "report", key)
            costs[-1][key] = len(queries)
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 18
