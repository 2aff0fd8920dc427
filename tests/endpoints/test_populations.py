"""Reports on each analysis set: who counts, in which arm, from the live trial and from a snapshot, and for whom."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from django.urls import reverse

from endpoints.actions.snapshot import make_snapshot
from endpoints.frozen import freeze, thaw
from endpoints.layout import AnalysisSets, AnalyzedPatient, RecordedFacts, ReportInput
from endpoints.populations import POPULATIONS, list_populations, restrict
from endpoints.selectors.snapshots import get_snapshot
from enrollment.models import Patient
from tests.cast import SignIn
from tests.endpoints import stored
from tests.events import read_events
from trialsite.accounts.models import User
from trialsite.protocol.current import get_protocol
from visits.models import Deviation, Intervention, InterventionVein, RelapseCheck

ACTIVE, SHAM = "angioplasty", "sham"


def test_each_set_holds_whom_its_rule_names_by_the_arm_its_rule_names(db: None) -> None:
    """Hand-made: 1 a faultless patient, 2 exposed, 3 treated otherwise than drawn, 4 a major deviation, 5 not treated, 6 of the open phase."""
    one, two, three, four, five, six = (AnalyzedPatient(UUID(int=n), f"P{n}", 1 if n == 6 else 2) for n in range(1, 7))
    given = ReportInput(
        protocol=get_protocol(),
        participants=(),
        recorded=RecordedFacts(
            patients=(one, two, three, four, six),
            relapses=tuple({"subject": f"P{n}", "onset_day": 9.0} for n in range(1, 5)),
        ),
        arms={UUID(int=n): SHAM if n in (1, 3) else ACTIVE for n in range(1, 6)} | {UUID(int=6): "open"},
        sets=AnalysisSets(
            untreated=(five,),
            per_protocol=frozenset({one.patient_id, two.patient_id, three.patient_id}),
            never_exposed=frozenset({one.patient_id, three.patient_id, four.patient_id, five.patient_id}),
            done={one.patient_id: SHAM, three.patient_id: ACTIVE},
        ),
    )
    cut = {key: restrict(given, key) for key in POPULATIONS}
    assert {key: "".join(p.subject[1] for p in found.recorded.patients) for key, found in cut.items()} == {
        "full": "12346",
        "intention-to-treat": "123465",
        "safety": "12346",
        "per-protocol": "126",
        "never-exposed": "1346",
    }
    by_arm = {key: (found.arms or {})[three.patient_id] for key, found in cut.items()}
    assert by_arm == dict.fromkeys(POPULATIONS, SHAM) | {"safety": ACTIVE}
    assert [row["subject"] for row in cut["per-protocol"].recorded.relapses] == ["P1", "P2"]
    assert {key: found.population for key, found in cut.items()} == {key: key for key in POPULATIONS}
    blinded = replace(given, arms=None)
    assert [each.key for each in list_populations(blinded)] == ["full"]
    with pytest.raises(LookupError):
        restrict(blinded, "per-protocol")


@pytest.fixture
def patients(db: None) -> list[Patient]:
    """Five drawn: 1 and 2 saw the protocol through, 3 has a major deviation, 4 a broken blind, 5 was not treated."""
    stored.seal_a_list()
    made = [stored.enter(stored.register(f"P2-{n:03d}")) for n in range(1, 6)]
    for patient in made[:4]:
        operated = stored.treat(patient)
        form = stored.fill_in(Intervention, operated)
        arm = stored.arm_of(patient)
        stored.log_vein(InterventionVein, form, inflation_count=0 if (arm == SHAM) != (patient is made[1]) else 2)
        stored.fill_in(RelapseCheck, stored.attend(patient, "month_6"), new_relapses=1)
    for patient, category in ((made[2], "consent"), (made[3], "blinding")):
        severity = "major" if category == "consent" else "minor"
        stored.log(Deviation, patient, category=category, severity=severity, happened_on=stored.DAY_0)
    return made


def test_a_set_that_holds_nobody_yet_says_so(db: None, sign_in: SignIn, statistician: User) -> None:
    """One patient treated a moment ago: nobody came to the visit of the protocol, so nobody is per protocol."""
    stored.seal_a_list()
    stored.treat(stored.enter(stored.register("P2-001")))
    window = sign_in(statistician)
    for key in ("relapses", "effects", "blinding"):
        page = window.get(reverse("report", args=[key]) + "?set=per-protocol")
        assert "Nobody is in this analysis set yet." in page.content.decode(), key
    rows = window.get(reverse("report_rows", args=["sensitivity"]) + "?set=per-protocol")
    assert rows.status_code == 200
    assert count(window.get("/reports/sensitivity/").content.decode(), "Per protocol") == 0


def count(page: str, label: str) -> int:
    """Patients of a set, over both arms, from the table of sets."""
    table = page[page.index("Patients in each analysis set") :]
    cells = table[table.index(label) : table.index("</tr>", table.index(label))]
    return sum(int(cell) for cell in cells.replace("<", ">").split(">") if cell.strip().isdigit())


@pytest.mark.conformance(25)
def test_the_statistician_chooses_a_set_and_a_snapshot_keeps_them(
    patients: list[Patient], sign_in: SignIn, statistician: User, monitor: User
) -> None:
    window = sign_in(statistician)
    made = make_snapshot(statistician, "With sets")
    opened = get_snapshot(made.id, user=statistician, purpose="Test")
    assert opened is not None
    assert opened.trial.sets is not None
    changed = {patients[1].pk}
    drawn = opened.trial.arms
    assert {one for one, arm in opened.trial.sets.done.items() if drawn[one] != arm} == changed
    text, secrets = freeze(opened.trial)
    assert thaw(text, secrets) == opened.trial
    assert {len(line) for line in secrets.split("\n")} == {5}, "the length tells nothing"
    for query in ("", f"?snapshot={made.id}"):
        page = window.get(reverse("report", args=["sensitivity"]) + query).content.decode()
        counts = {one.label: count(page, one.label) for one in POPULATIONS.values()}
        assert list(counts.values()) == [4, 5, 4, 2, 3], "per protocol: 1 and 4"
    joined = f"?snapshot={made.id}&set=per-protocol"
    page = window.get(reverse("report", args=["relapses"]) + joined).content.decode()
    assert "procedure done as drawn" in page
    assert f"/reports/relapses/rows.csv?snapshot={made.id}&amp;set=per-protocol" in page
    rows = window.get(reverse("report_rows", args=["relapses"]) + joined)
    assert "per-protocol" in rows["Content-Disposition"]
    assert "Analysis set" in rows.content.decode()
    assert "per-protocol" in read_events(action="read_snapshot")[-1].detail
    first = window.get(reverse("report_rows", args=["relapses"]) + joined).content
    assert first == rows.content
    for address in ("relapses/?set=unknown", "relapses/?set=per-protocol&snapshot=x", "relapses/?set=safety&set=full"):
        assert window.get(f"/reports/{address}").status_code == 404
    blinded = sign_in(monitor)
    for key in ("full", "per-protocol", "never-exposed", "unknown"):
        assert blinded.get(f"/reports/relapses/?set={key}").status_code == 404
    for key in ("relapses", "sensitivity"):
        pooled = blinded.get(f"/reports/{key}/").content.decode()
        assert "Never exposed" not in pooled
        assert "Analysis set" not in pooled


def test_a_snapshot_of_before_there_were_sets_is_read_and_offers_none(
    patients: list[Patient], statistician: User
) -> None:
    made = make_snapshot(statistician, "")
    opened = get_snapshot(made.id, user=statistician, purpose="Test")
    assert opened is not None
    text, arms = freeze(replace(opened.trial, sets=None))
    assert "sets" not in json.loads(text)
    assert "\n" not in arms
    old = thaw(text, arms)
    assert old.sets is None
    assert old.arms == opened.trial.arms
    assert [one.key for one in list_populations(old.input_of("relapses"))] == ["full"]
