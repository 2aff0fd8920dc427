"""A remark puts right what an entry says, and changes no entry."""

import pytest
from django.db import DatabaseError, transaction

from tests.cast import SignIn
from tests.events import read_events
from tests.trail.conftest import SECRET
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import find_unbound, get_heads, verify_chains
from trialsite.trail.models import EventRemark
from visits.models import VitalSigns

TEXT = "The reason is wrong: the value came from the second sheet."


def url_of(event: AuditEvent) -> str:
    return f"/trail/events/{event.public_id}/remark/"


@pytest.fixture
def entry(story: VitalSigns) -> AuditEvent:
    found = AuditEvent.objects.filter(record_id=story.pk).order_by("id").last()
    assert found
    return found


@pytest.mark.conformance(23)
def test_a_correction_of_the_trail_is_an_entry_that_points_to_the_first(
    entry: AuditEvent, investigator: User, monitor: User, sign_in: SignIn
) -> None:
    before = list(AuditEvent.objects.order_by("id").values())
    desk = sign_in(investigator)
    story = f"/trail/patients/{entry.patient_id}/"
    assert f'href="{url_of(entry)}"' in desk.get(story).content.decode()
    assert desk.post(url_of(entry), {"text": TEXT}).status_code == 302
    after = list(AuditEvent.objects.order_by("id").values())
    assert after[:-1] == before
    remark = AuditEvent.objects.get(action="remark")
    assert (remark.actor_username, remark.record_id, remark.revision) == ("investigator", entry.record_id, None)
    assert str(entry.public_id) in remark.detail
    assert TEXT in remark.detail
    shown = sign_in(monitor).get(story).content.decode()
    told = shown.split(f'href="{url_of(entry)}"')[1].split("</li>")[0]
    assert TEXT in told
    assert "By The investigator" in told
    assert not [*verify_chains(get_heads(), {}), *find_unbound()]


@pytest.mark.conformance(23)
def test_a_remark_never_changes(entry: AuditEvent, monitor: User, sign_in: SignIn) -> None:
    desk, telling = sign_in(monitor), {"text": "It was the balloon"}
    assert desk.post(url_of(entry), telling).status_code == 422
    assert desk.post(url_of(entry), {**telling, "text-thought": "balloon"}).status_code == 302
    assert AuditEvent.objects.get(action="telling_words").is_restricted
    for act in (lambda: EventRemark.objects.update(text="x"), lambda: EventRemark.objects.all().delete()):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            act()


@pytest.mark.conformance(24)
def test_who_may_know_an_arm_speaks_only_where_nobody_blinded_reads(
    entry: AuditEvent, statistician: User, monitor: User, sign_in: SignIn
) -> None:
    (restricted,) = (event for event in read_events(is_restricted=True) if event.detail == SECRET)
    office = sign_in(statistician)
    assert office.post(url_of(entry), {"text": TEXT}).status_code == 404
    assert office.post(url_of(restricted), {"text": TEXT}).status_code == 302
    assert AuditEvent.objects.get(action="remark").is_restricted
    desk = sign_in(monitor)
    assert desk.post(url_of(restricted), {"text": TEXT}).status_code == 404
    assert TEXT not in desk.get("/trail/").content.decode()
    assert TEXT in office.get("/trail/").content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"), [(" ", "This field is required"), ("x" * 2001, "at most 2000"), ("a\0", "Null characters")]
)
def test_bad_words_are_answered(entry: AuditEvent, monitor: User, sign_in: SignIn, text: str, sentence: str) -> None:
    answer = sign_in(monitor).post(url_of(entry), {"text": text})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not EventRemark.objects.exists()


def test_the_site_enters_and_does_not_remark(
    entry: AuditEvent, coordinator: User, other_coordinator: User, sign_in: SignIn
) -> None:
    for user in (coordinator, other_coordinator):
        assert sign_in(user).post(url_of(entry), {"text": TEXT}).status_code == 404
