"""Two people on one form, one after the other: whatever a colleague stored meanwhile is seen and kept, through every kind of answer."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import SignIn
from tests.records.conftest import give_consent, make_patient, make_visit
from tests.robust.page import read_page, values_of, words_beside
from trialsite.accounts.models import User
from visits.models import DopplerFinding, VitalSigns
from visits.visit import Visit

TYPED = {
    "assessed_on": "2011-02-01",
    "systolic_mmhg": "120",
    "diastolic_mmhg": "80",
    "heart_rate_bpm": "72",
    "temperature_c": "36.6",
}


@pytest.fixture
def patient(db: None) -> Patient:
    return make_patient()


@pytest.fixture
def visit(patient: Patient) -> Visit:
    give_consent(patient)
    return make_visit(patient)


class Desk:
    """One browser with one form open: what it shows, and what is sent when a button is pressed."""

    def __init__(self, browser: Client, url: str) -> None:
        self.browser, self.url = browser, url
        self.shown = self.open()

    def open(self) -> dict[str, list[str]]:
        self.shown = values_of(read_page(self.browser.get(self.url).content))
        return self.shown

    def send(self, intent: str = "save", **typed: Any) -> Any:
        """Change some items of what is shown, and send it all as a browser does."""
        response = self.browser.post(self.url, self.shown | typed | {"intent": intent})
        if response.status_code != 302:
            self.shown = values_of(read_page(response.content))
        return response


@pytest.fixture
def desks(visit: Visit, coordinator: User, investigator: User, sign_in: SignIn) -> tuple[Desk, Desk]:
    """Two people who opened the vital signs of one visit, stored once before."""
    url = reverse("visit_form", args=(visit.pk, "vital_signs"))
    first = Desk(sign_in(coordinator), url)
    first.send(**TYPED)
    first.open()
    return first, Desk(sign_in(investigator), url)


def stored() -> VitalSigns:
    return VitalSigns.objects.get()


def test_settling_a_clash_keeps_the_colleagues_other_items(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    first.send(heart_rate_bpm="75", temperature_c="37")
    clash = second.send(heart_rate_bpm="80")
    assert clash.status_code == 409
    assert "stored 75 here" in words_beside(read_page(clash.content), "heart_rate_bpm")
    assert second.shown["temperature_c"] == ["37"]
    assert second.send().status_code == 302
    assert (stored().heart_rate_bpm, str(stored().temperature_c)) == (80, "37")


def test_completing_with_gaps_keeps_the_colleagues_items(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    first.send(temperature_c="37")
    answer = second.send("complete", heart_rate_bpm="")
    assert "Needed to complete" in words_beside(read_page(answer.content), "heart_rate_bpm")
    assert second.send("complete", heart_rate_bpm="70").status_code == 302
    assert (stored().heart_rate_bpm, str(stored().temperature_c), stored().status) == (70, "37", "complete")


def test_what_a_colleague_filled_in_is_not_missing(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    first.send(heart_rate_bpm="")
    first.open()
    second.open()
    first.send(heart_rate_bpm="74")
    assert second.send("complete", temperature_c="36.9").status_code == 302
    assert (stored().heart_rate_bpm, stored().status) == (74, "complete")


def test_two_changes_that_contradict_each_other_are_not_stored_together(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    first.send(systolic_mmhg="90")
    answer = second.send(diastolic_mmhg="95")
    assert answer.status_code == 409
    assert "below the systolic pressure (90" in words_beside(read_page(answer.content), "diastolic_mmhg")
    assert (stored().systolic_mmhg, stored().diastolic_mmhg) == (90, 80)
    assert (second.shown["systolic_mmhg"], second.shown["diastolic_mmhg"]) == (["90"], ["95"])


def test_a_form_completed_meanwhile_asks_why_it_changes(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    assert first.send("complete").status_code == 302
    answer = second.send(temperature_c="36.9")
    assert answer.status_code == 422
    assert "Choose why the form is changed." in words_beside(read_page(answer.content), "reason_code")
    assert second.shown["temperature_c"] == ["36.9"]
    assert second.send("complete", reason_code="transcription").status_code == 302
    assert (str(stored().temperature_c), stored().status) == ("36.9", "complete")


def test_reasons_and_answers_of_a_colleague_are_taken_over(desks: tuple[Desk, Desk]) -> None:
    first, second = desks
    absent = {"absent-oxygen_saturation_pct": "not_done", "absent_reason-oxygen_saturation_pct": "no oximeter"}
    first.send(heart_rate_bpm="42", **absent)  # unusual: a question
    first.open()
    first.send(**{"confirm-heart_rate_bpm_unusual": "a runner"})
    assert second.send(temperature_c="36.9").status_code == 302
    assert stored().absent["oxygen_saturation_pct"]["reason"] == "no oximeter"
    assert stored().confirmed["heart_rate_bpm_unusual"]["answer"] == "a runner"


def test_cells_of_a_grid_are_kept_too(visit: Visit, coordinator: User, investigator: User, sign_in: SignIn) -> None:
    url = reverse("visit_form", args=(visit.pk, "doppler"))
    first = Desk(sign_in(coordinator), url)
    one, two = [name for name in first.shown if name.startswith("segments.") and name.endswith(".flow")][:2]
    first.send(**{one: "antegrade", two: "antegrade"})
    first.open()
    second = Desk(sign_in(investigator), url)
    first.send(**{one: "absent", two: "absent"})
    assert second.send(**{one: "bidirectional"}).status_code == 409
    assert second.shown[two] == ["absent"]
    second.send()
    cells = {row.key: row.flow for row in DopplerFinding.objects.filter(key__in=[one.split(".")[1], two.split(".")[1]])}
    assert cells == {one.split(".")[1]: "bidirectional", two.split(".")[1]: "absent"}
