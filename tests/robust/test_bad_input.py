"""Every bad input that was asked for: a sentence stands at its place, nothing is stored, and all that was typed is still there."""

from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import reverse

from enrollment.models import Patient
from tests.cast import SignIn
from tests.enrollment.screening import give_consent, give_demographics
from tests.records.conftest import make_patient, make_visit
from tests.robust.page import read_page, values_of, words_beside
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEntry
from visits.crfs.registry import CRFS

LONG = "x" * 10_001
MIXED = "\U0001f600 \u0645\u0631\u062d\u0628\u0627 <b>&amp;"

CODED = frozenset({"outcome", "absent-heart_rate_bpm"})  # a list cannot show what is not in it


@dataclass(frozen=True)
class Bad:
    """What is typed into which form; the sentence must stand beside the first of the items."""

    form: str
    sentence: str
    typed: dict[str, str]
    visit: str = "baseline"
    besides: dict[str, str] = field(default_factory=dict)

    @property
    def item(self) -> str:
        return next(iter(self.typed))


VITAL = {"systolic_mmhg": "120", "heart_rate_bpm": "72", "assessed_by": MIXED}
EVENT = {"term": MIXED, "narrative": MIXED}
BAD = {
    "day in the future": Bad("vital_signs", "is in the future", {"assessed_on": "2999-01-01"}, besides=VITAL),
    "day before consent": Bad("vital_signs", "is before consent", {"assessed_on": "2011-01-31"}, besides=VITAL),
    "day before birth": Bad(
        "vital_signs", "is before the patient was born", {"assessed_on": "1970-01-01"}, besides=VITAL
    ),
    "no such day": Bad("vital_signs", "Enter a date that exists", {"assessed_on": "2011-02-29"}, besides=VITAL),
    "decimal comma": Bad("vital_signs", "decimal point", {"temperature_c": "36,6"}, besides=VITAL),
    "null byte": Bad("vital_signs", "type them anew", {"assessed_by": "a\x00b"}, besides={"heart_rate_bpm": "72"}),
    "number beyond all": Bad(
        "vital_signs", "between 20 and 220", {"heart_rate_bpm": "9" * 300}, besides={"systolic_mmhg": "1"}
    ),
    "EDSS of a half": Bad("edss", "has no step 0.5", {"rater_step": "0.5"}, besides={"assessed_by": MIXED}),
    "VHISS part above its maximum": Bad(
        "doppler", "between 0 and 16 points", {"reader_total": "17"}, besides={"assessed_by": MIXED}
    ),
    "too long a text": Bad("adverse_event", "at most 10000 characters", {"narrative": LONG}, besides={"term": MIXED}),
    "end before start": Bad(
        "adverse_event", "before the event started", {"ended_on": "2011-02-01", "onset_on": "2011-02-05"}, besides=EVENT
    ),
    "birth in the future": Bad(
        "demographics", "is in the future", {"born_on": "2999"}, besides={"education_years": "12"}
    ),
    "fewer relapses in 24 months than in 12": Bad(
        "ms_history",
        "cannot be fewer than 3",
        {"relapses_24_months": "1", "relapses_12_months": "3"},
        besides={"onset_on": "2001"},
    ),
    "unknown code": Bad(
        "adverse_event", "is not in this list. Select a valid choice", {"outcome": "no_such"}, besides=EVENT
    ),
    "unknown reason for a gap": Bad(
        "vital_signs", "from the list", {"absent-heart_rate_bpm": "no_such"}, besides=VITAL
    ),
}


@pytest.fixture
def patient(db: None) -> Patient:
    """Born on 4 May 1975, consented on 1 February 2011."""
    made = make_patient()
    give_consent(made)
    give_demographics(made)
    return made


def address_of(bad: Bad, patient: Patient, browser: Client) -> str:
    if CRFS[bad.form].kind == "visit":
        return reverse("visit_form", args=(make_visit(patient, bad.visit).pk, bad.form))
    url = reverse("patient_log", args=(patient.pk, bad.form))
    if CRFS[bad.form].kind == "log":
        return url + "12345678-1234-5678-1234-567812345678/"
    return str(browser.get(url)["Location"])


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_a_sentence_stands_at_its_place_and_nothing_typed_is_lost(
    bad: Bad, patient: Patient, investigator: User, sign_in: SignIn
) -> None:
    browser = sign_in(investigator)
    url = address_of(bad, patient, browser)
    shown = values_of(read_page(browser.get(url).content))
    before = AuditEntry.objects.count()
    typed = bad.typed | bad.besides
    answer = browser.post(url, {**shown, **typed, "intent": "save", "reason_code": "transcription"})
    page = read_page(answer.content)
    assert answer.status_code == 422
    assert AuditEntry.objects.count() == before
    assert bad.sentence in words_beside(page, bad.item)
    again = values_of(page)
    kept = {name: again.get(name) for name in typed if name not in CODED}
    assert kept == {name: [value] for name, value in typed.items() if name not in CODED}
