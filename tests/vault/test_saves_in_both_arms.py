"""A save of the operator's form writes as many rows to as many tables, and as many entries of the trail, in one arm as in the other.

Some of its checks ask only where a balloon was inflated. Who reads none of these rows can count them, by measured plans and by numbers that go
on; what a check asks is therefore on the form, and in no row of its own.
"""

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Count
from django.test import Client

from enrollment.actions.draw import draw_allocation
from enrollment.models import Patient
from enrollment.vault.reveal import get_arm_to_check
from tests.cast import SignIn
from tests.records.conftest import give_consent
from tests.vault.conftest import make_patient, ready
from trialsite.accounts.actor import SYSTEM
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.queries.models import CheckFiring, DataQuery, RestrictedFiring
from trialsite.records.actions import create_record
from visits.crfs.registry import CRFS
from visits.models import Intervention, Visit
from visits.track_record import NOT_COUNTED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sealed")]
ON = date(2026, 2, 2)
SEEN = {
    "assessed_on": ON.isoformat(),
    "veins.L_IJV.is_examined": "yes",
    "veins.L_IJV.venography_stenosis_pct": "70",
    "veins.L_IJV.lesions": "stenosis",
}
# Six checks ask about a balloon that nobody described, one about its pressure, one about what remained.
TREATED = {"veins.L_IJV.inflation_count": "1", "veins.L_IJV.inflation_pressure_atm": "9"}
SHAM = {"veins.L_IJV.inflation_count": "0"}
LATER = {"veins.L_IJV.rated_burst_atm": "8"}


def one_of_each_arm(operator: User) -> dict[str, Visit]:
    """A patient with a procedure visit, by arm."""
    found: dict[str, Patient] = {}
    for n in range(1, 9):
        if len(found) < 2:
            patient = draw_allocation(make_patient(n), ready, SYSTEM)
            found.setdefault(str(get_arm_to_check(patient, user=operator)), patient)
    for patient in found.values():
        give_consent(patient)
    return {
        arm: create_record(Visit(patient=patient, planned_key="procedure", visited_on=ON), actor=SYSTEM)
        for arm, patient in found.items()
    }


def count_rows(visit: Visit) -> dict[str, int]:
    """How many rows there are of everything, and how long the chains of this patient are."""
    counts = {model._meta.label: model._base_manager.count() for model in apps.get_models()}
    heads = AuditChain.objects.filter(name__startswith=str(visit.patient_id)).values_list("name", "position")
    # What an index holds of restricted events, whatever their rows may say.
    acts = AuditEvent.objects.filter(patient_id=visit.patient_id, is_restricted=True).order_by()
    counts |= {
        f"{kind} {act}": count for kind, act, count in acts.values_list("record_kind", "action").annotate(Count("pk"))
    }
    return counts | {name.replace(str(visit.patient_id), "patient"): position for name, position in heads}


def save(browser: Client, visit: Visit, base: int, values: dict[str, str], status: int) -> dict[str, int]:
    """What came to be by one save."""
    before = count_rows(visit)
    sent = {"base_revision": str(base), "reason_code": "other", "reason_text": "Late", "intent": "save", **values}
    answer = browser.post(f"/visits/{visit.pk}/restricted/intervention/", sent)
    assert answer.status_code == status, answer.content.decode()
    after = count_rows(visit)
    return {name: number - before.get(name, 0) for name, number in after.items() if number != before.get(name, 0)}


# Nothing differs: that it was held against the arm is kept, and nothing else.
LOOKED = {
    "vault.draw check_against_arm",
    "audit.AuditEvent",
    "audit.AuditLink",
    "audit.RestrictedValues",
    "patient/restricted",
}


def base_of(values: dict[str, str]) -> dict[str, str]:
    return {f"base-{name}": value for name, value in values.items() if name.startswith("veins.")}


def test_a_save_leaves_as_much_in_either_arm(operator: User, statistician: User, sign_in: SignIn) -> None:
    browser = sign_in(operator)
    left: dict[str, list[dict[str, int]]] = {}
    for arm, visit in one_of_each_arm(operator).items():
        found: dict[str, Any] = SEEN | (SHAM if arm == "sham" else TREATED)
        assert save(browser, visit, 0, found | {"intent": "compute"}, 200) == {}  # as the page does while one types
        refused = save(browser, visit, 0, SEEN | (TREATED if arm == "sham" else SHAM), 422)
        first = save(browser, visit, 0, found, 302)
        page = browser.get(f"/visits/{visit.pk}/restricted/intervention/").content.decode()
        assert ("A balloon was inflated: enter this too" in page) == (arm != "sham")
        own = {"notes": "More"} | (LATER if arm != "sham" else {"veins.L_IJV.gradient_mmhg": "2"})
        again = save(browser, visit, 1, found | own | base_of(found), 302)
        whole = found | own | {"intent": "complete"} | base_of(found | own)
        assert save(browser, visit, 2, whole, 422) == {}  # it has questions yet
        assert save(browser, visit, 2, found | {"veins.L_IJV.is_examined": "no"}, 422) == {}
        # Later somebody corrects what there is to be corrected: a device in the one arm, a remark in the other.
        later = {"veins.L_IJV.device_lot": "4711"} if arm != "sham" else {"notes": "Nothing more"}
        corrected = save(browser, visit, 2, found | own | later | base_of(found | own), 302)
        assert save(browser, visit, 3, found | own | later | base_of(found | own | later), 302).keys() <= LOOKED
        left[arm] = [refused, first, again, corrected]
    assert set(left) == {"angioplasty", "sham"}
    one, other = left.values()
    assert one == other
    veins = len(CRFS["intervention"].grid.rows)  # type: ignore[union-attr]
    assert (
        one[1]["audit.AuditEvent"] == one[1]["patient/restricted"] == 2 + veins
    )  # held against the arm, the form, its veins
    assert Intervention.objects.count() == 2
    for model in (DataQuery, CheckFiring, RestrictedFiring):
        assert not model._default_manager.exists()
    assert not AuditEvent.objects.filter(record_kind="queries.dataquery").exists()
    assert NOT_COUNTED in sign_in(statistician).get("/checks/").content.decode()
