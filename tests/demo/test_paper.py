"""What stands on paper says what the plan wants."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from trialsite.demo.days import is_working_day, procedure_day_from, working_day_from, working_day_until
from trialsite.demo.paper.body import Body, Sheet, make_body
from trialsite.demo.paper.doppler import TOO_LITTLE, order_signs, write_doppler
from trialsite.demo.paper.examinations import write_cognition, write_edss, write_laboratory, write_quality_of_life
from trialsite.demo.paper.imaging import FollowUpScan, write_scan
from trialsite.demo.paper.procedure import write_intervention
from trialsite.demo.plan import finished_candidates
from trialsite.protocol.current import get_protocol
from visits.crfs.doppler.vhiss import VhissResult, score_rows
from visits.crfs.edss.step import SYSTEMS, derive
from visits.crfs.quality_of_life.scoring import MSQOL_ITEMS, is_msqol_answer

CHANCES = range(25)


def make_somebody(seed: int) -> Body:
    people = [one.person for one in finished_candidates()]
    return make_body(Random(seed), people[seed % len(people)])


def read_doppler(sheet: Sheet) -> VhissResult:
    rows: dict[str, dict[str, object]] = {}
    for name, text in sheet.items():
        grid, _, rest = name.partition(".")
        if grid == "segments":
            key, column = rest.split(".")
            value = Decimal(str(text)) if column in ("reflux_s", "csa_mm2") else text
            rows.setdefault(key, {})[column] = value
    return score_rows(rows, get_protocol())


@pytest.mark.parametrize("seed", CHANCES)
@pytest.mark.parametrize("wanted", range(13))
def test_a_doppler_examination_scores_what_is_wanted(seed: int, wanted: int) -> None:
    rng = Random(seed)
    result = read_doppler(write_doppler(order_signs(rng)[:wanted], rng))
    assert result.total == wanted
    assert not result.unknown


@pytest.mark.parametrize("seed", CHANCES)
def test_who_has_two_points_or_more_has_two_criteria_that_count(seed: int) -> None:
    rng = Random(seed)
    signs = order_signs(rng)
    for phase in get_protocol().phases:
        found = read_doppler(write_doppler(signs[:2], rng)).positive & set(phase.doppler_criteria)
        assert len(found) >= phase.doppler_minimum


def test_who_fails_has_too_few_criteria_for_the_randomized_phase() -> None:
    phase = get_protocol().phase(2)
    for count in range(len(TOO_LITTLE) + 1):
        result = read_doppler(write_doppler(TOO_LITTLE[:count], Random(1)))
        assert result.total == count
        assert len(result.positive & set(phase.doppler_criteria)) < phase.doppler_minimum


@pytest.mark.parametrize("step", [Decimal(n) / 2 for n in range(2, 11)])
def test_an_examination_gives_its_step(step: Decimal) -> None:
    sheet = write_edss(step)
    grades = {name: int(str(sheet[name])) for name in SYSTEMS}
    assert derive(grades, int(str(sheet["ambulation"]))).agrees_with(step)


@pytest.mark.parametrize("seed", CHANCES)
def test_answers_to_questionnaires_exist(seed: int) -> None:
    start = datetime(2011, 3, 1, 12, tzinfo=UTC)
    sheet = write_quality_of_life(make_somebody(seed), start, start + timedelta(minutes=30))
    for item in range(1, MSQOL_ITEMS + 1):
        assert is_msqol_answer(item, int(str(sheet[f"msqol_{item}"])))


def test_the_tests_of_cognition_take_turns() -> None:
    body = make_somebody(3)
    assert [write_cognition(body, session)["alternate_form"] for session in range(4)] == ["a", "b", "c", "a"]


@pytest.mark.parametrize("seed", CHANCES)
def test_readers_agree_or_a_third_decides_and_volumes_add_up(seed: int) -> None:
    scanned_at = datetime(2011, 5, 3, 13, 30, tzinfo=UTC)
    scan = FollowUpScan(reference_id="x", new_ce=2, new_t2=2, days_since_baseline=97, read_on=date(2011, 5, 5))
    sheet = write_scan(make_somebody(seed), scanned_at, scan)
    assert (sheet["cel_new"], sheet["t2_new"]) == ("2", "2")
    assert int(str(sheet["cel_total"])) >= 2
    for count in ("cel_new", "t2_new"):
        readings = {sheet[f"{count}_reader_1"], sheet[f"{count}_reader_2"]}
        assert len(readings) == 1 or "adjudicated_by" in sheet
    gray, white, brain = (Decimal(str(sheet[f"{part}_ml"])) for part in ("gray_matter", "white_matter", "brain_volume"))
    assert gray + white == brain


def test_only_who_can_become_pregnant_is_tested() -> None:
    people = [make_somebody(seed) for seed in CHANCES]
    assert {body.person.can_become_pregnant for body in people} == {True, False}
    for body in people:
        assert ("pregnancy_test" in write_laboratory(body, date(2011, 5, 3))) is body.person.can_become_pregnant


@pytest.mark.parametrize("seed", CHANCES)
def test_no_balloon_is_inflated_on_sham(seed: int) -> None:
    def inflations(*, is_sham: bool) -> int:
        sheet = write_intervention(Random(seed), is_sham=is_sham)
        return sum(int(str(text)) for name, text in sheet.items() if name.endswith("inflation_count"))

    assert inflations(is_sham=True) == 0
    assert inflations(is_sham=False) > 0


@pytest.mark.parametrize("on", [date(2011, 12, 23) + timedelta(days=n) for n in range(14)])
def test_sites_work_on_working_days(on: date) -> None:
    assert working_day_until(on, "US") <= on <= working_day_from(on, "US")
    assert is_working_day(working_day_from(on, "US"), "US")
    assert is_working_day(working_day_until(on, "US"), "US")
    procedure_on = procedure_day_from(on, "US")
    assert all(is_working_day(procedure_on + timedelta(days=after), "US") for after in range(3))


def test_a_public_holiday_is_no_working_day() -> None:
    assert not is_working_day(date(2011, 7, 4), "US")
    assert is_working_day(date(2011, 7, 5), "US")
