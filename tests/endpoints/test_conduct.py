"""How procedures went by arm, against numbers worked out by hand; and who reads it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings

from endpoints.catalog import REPORTS
from endpoints.frozen import FrozenTrial, freeze, thaw
from endpoints.layout import NOT_DEFINED, AnalyzedPatient, ProcedureDone, RecordedFacts, Report, ReportInput, SeenVisit
from endpoints.reports import build_report, list_rows
from endpoints.selectors.participants import get_participants
from endpoints.selectors.records import get_recorded_facts
from tests.cast import SignIn
from tests.endpoints import stored
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from visits.models import Intervention, Procedure

LONG, SHORT = (50.0, 60.0, 70.0, 80.0), (10.0, 20.0, 30.0, 40.0)


def make_input() -> ReportInput:
    """Four patients an arm: every procedure of the one lasts longer, all sedated against one of four; one did not say."""
    protocol = get_protocol()
    ids = [UUID(int=number) for number in range(1, 9)]
    patients = tuple(AnalyzedPatient(one, f"P2-{n:03d}", 2) for n, one in enumerate(ids, 1))
    sedation = ("Yes",) * 4 + ("Yes", "No", "No", "No")
    persons = ("A", "A", "A", "A", "B", "B", "A", "")
    procedures = tuple(
        ProcedureDone(one, minutes=minutes, weekday=2, sedation=sedated, assessed_by=person)
        for one, minutes, sedated, person in zip(ids, LONG + SHORT, sedation, persons, strict=True)
    )
    days = (30, 31, 32, 33, 29, 29, 29)  # the last patient was not seen
    visit = next(one for one in protocol.visits if one.kind == "follow_up" and one.day == 30)
    accounts = ("anna",) * 4 + ("bea", "bea", "anna")
    seen = tuple(
        SeenVisit(one.subject, visit.key, day, {}, account)
        for one, day, account in zip(patients, days, accounts, strict=False)
    )
    arms = dict.fromkeys(ids[:4], "angioplasty") | dict.fromkeys(ids[4:], "sham")
    recorded = RecordedFacts(patients=patients, visits=seen, procedures=procedures)
    return ReportInput(protocol=protocol, participants=(), recorded=recorded, arms=arms)


def row(report: Report, key: str, *start: str) -> tuple[str, ...]:
    table = report.table(key)
    assert table is not None
    (found,) = [one[len(start) :] for one in table.rows if one[: len(start)] == start]
    return found


def test_times_choices_and_persons_are_those_worked_out_by_hand() -> None:
    given, kind = make_input(), REPORTS["conduct"]
    report = build_report(kind, given)
    lasted = "Sheath inserted to removed (min)"
    assert row(report, "times", lasted, "Venous angioplasty") == ("4", "0", "65.0", "57.5", "72.5")
    assert row(report, "times", lasted, "Sham procedure") == ("4", "0", "25.0", "17.5", "32.5")
    # The 16 differences are 10, 20 x2, 30 x3, 40 x4, 50 x3, 60 x2, 70: middle 40. With four a side U = 0 has probability 1 in 70 and
    # the 95 % limits are the smallest and the largest; two-sided p = 2/70.
    assert row(report, "times-comparison", lasted)[:5] == ("40.0", "10.0", "70.0", "0.029", "8")
    hour = "Hour of the day at the site (h)"
    assert row(report, "times", hour, "Sham procedure") == ("0", "4", *[NOT_DEFINED] * 3)
    sedated = "Conscious sedation: Yes"
    # Clopper and Pearson: of 4 in 4 the lower limit is 0.025 ** (1/4) = 39.8 %.
    assert row(report, "choices", sedated, "Venous angioplasty") == ("4", "4", "100.0", "39.8", "100.0")
    assert row(report, "choices", sedated, "Sham procedure")[:3] == ("1", "4", "25.0")
    # Tables with these margins (5 of 8 sedated, 4 a side): C(5,k) C(3,4-k) of 70 = 5, 30, 30, 5 for k = 1 to 4; p = 10/70.
    estimate, low, high, p, n, _ = row(report, "choices-comparison", sedated)
    assert (estimate, p, n) == ("75.0", "0.143", "8")
    assert float(low) < 75 < float(high) <= 100
    # Four to none against one to two, one unknown: C(5,4) C(2,0) = 5 of 35, and nothing is as rare but the table itself: 5/35.
    assert row(report, "choices", "Assessed by: B", "Sham procedure")[:3] == ("2", "3", "66.7")
    assert row(report, "choices-comparison", "Assessed by: B")[3:5] == ("0.143", "7")
    # All on one day: nothing to compare.
    same = row(report, "choices-comparison", "Day of the week: Wednesday")
    assert (same[0], same[3]) == ("0.0", NOT_DEFINED)
    visit = next(one.label for one in get_protocol().visits if one.kind == "follow_up" and one.day == 30)
    assert row(report, "visits", visit, "Venous angioplasty") == ("4", "0", "1.5", "0.8", "2.2")
    assert row(report, "visits", visit, "Sham procedure") == ("3", "1", "-1.0", "-1.0", "-1.0")
    # Four to none against one to two: 5/35, as above.
    assert row(report, "entered", f"{visit}: entered by: bea", "Sham procedure")[:3] == ("2", "3", "66.7")
    assert row(report, "entered-comparison", f"{visit}: entered by: bea")[3] == "0.143"
    rows = list_rows(kind, given)
    assert rows is not None
    heads = [column.heading for column in rows.columns]
    numbers = [dict(zip(heads, one, strict=True)) for one in rows.rows]
    (shift,) = [one for one in numbers if (one["outcome"], one["statistic"]) == ("minutes", "hl_shift")]
    assert (shift["value"], shift["unit"], shift["group"], shift["n"]) == ("40", "min", "treated_vs_sham", "8")
    assert build_report(kind, ReportInput(protocol=get_protocol(), participants=())).is_empty
    nothing = build_report(kind, replace(given, recorded=replace(given.recorded, procedures=())))
    assert [len(section.tables) for section in nothing.sections] == [0, 4]


def test_a_snapshot_keeps_what_the_report_rests_on_and_an_older_one_has_nothing_of_it() -> None:
    given = make_input()
    trial = FrozenTrial(
        protocol_file=Path(settings.PROTOCOL_FILE).read_bytes(),
        participants=(),
        recorded={"conduct": given.recorded},
        arms={},
        manifest=(),
        salt="",
    )
    text, arms = freeze(trial)
    assert thaw(text, arms).recorded["conduct"] == given.recorded
    assert thaw(text.replace('"procedures":', '"unknown_then":'), arms).recorded["conduct"].procedures == ()


@pytest.mark.django_db
def test_the_form_is_read_at_the_clock_of_the_site_and_shown_to_the_statistician(
    statistician: User, sign_in: SignIn
) -> None:
    stored.seal_a_list()
    patient = stored.enter(stored.register("P2-001"))
    started = datetime(2010, 6, 7, 2, 30, tzinfo=UTC)  # a Monday there is still a Sunday evening in Buffalo
    visit = stored.treat(patient)
    stored.fill_in(
        Procedure,
        visit,
        started_at=started,
        ended_at=started + timedelta(minutes=45),
        discharged_at=started + timedelta(hours=5),
        sedation_given=True,
        access_side="left_femoral",
        sheath_french=7,
        hemostasis="manual",
        exit_complications=["none"],
    )
    stored.fill_in(Intervention, visit, assessed_by=" A nurse ")  # no item of the open form names a person
    protocol = get_protocol()
    (done,) = get_recorded_facts(get_participants(protocol), {"procedure"}, protocol).procedures
    expected = ProcedureDone(
        patient.pk, 45, 300, 22.5, 6, 7, "Yes", "Left femoral vein", "Manual compression", "No", "A nurse", "system"
    )
    assert done == expected
    page = sign_in(statistician).get("/reports/conduct/").content.decode()
    for words in (
        "Sheath inserted to removed",
        "Assessed by: A nurse",
        "Day of the week: Sunday",
        "Entered by: system",
        "script of the procedure",
    ):
        assert words in page
