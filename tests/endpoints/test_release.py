"""The release: two people, a locked trial, fixed sets; before it dummy arms, after it the true ones, and nothing new for the blinded."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from endpoints.actions.analysis_sets import fix_analysis_sets
from endpoints.actions.release import ask_release, confirm_release
from endpoints.models import Release, ReleaseRequest
from endpoints.selectors.analysis_sets import get_analysis_sets
from endpoints.selectors.release import get_ground
from endpoints.views import desk
from enrollment.models import ListCommitment
from enrollment.refusal import RefusedError
from enrollment.vault.models import DataSnapshot, Draw
from tests.audit.conftest import verify
from tests.cast import PASSWORD, SignIn, make_user
from tests.endpoints.test_snapshots import build_trial
from trialsite.accounts.actor import SYSTEM, actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject
from trialsite.marks.actions import Target, ask_unlock, put_lock, unlock
from trialsite.marks.models import Lock, LockKind, Scope
from trialsite.protocol.current import get_protocol

pytestmark = pytest.mark.django_db
URL = "/release/"
WHY = {"ask": "yes", "reason": "Final analysis", "password": PASSWORD}
REPORT, FACTS = "/reports/lesions/", "visits.csv"


def lock_trial() -> Lock:
    return put_lock(
        Target(scope=Scope.TRIAL, label="Whole trial", subject=Subject()), LockKind.LOCK, reason="", actor=SYSTEM
    )


def make_ready(statistician: User) -> Lock:
    build_trial()
    protocol = get_protocol()
    fix_analysis_sets(statistician, protocol, shown=get_analysis_sets(protocol).sha256, note="Blind review")
    return lock_trial()


def shown(window: Client) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', window.get(URL).content.decode())
    assert found
    return found[1]


def read(window: Client, url: str) -> str:
    answer = window.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.mark.conformance(39, 41)
def test_two_people_open_the_arms_and_the_blinded_read_the_same(
    statistician: User, data_manager: User, cast: dict[Role, User], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, second = sign_in(statistician), sign_in(data_manager)
    assert "Nobody asks for a release now" in read(second, URL)
    assert keeper.post(URL, WHY).status_code == 422  # nothing holds yet
    assert not DataSnapshot.objects.exists()
    make_ready(statistician)
    blinded = [sign_in(cast[role]) for role in (Role.COORDINATOR, Role.DATA_MANAGER)]
    pages = ["/", "/patients/", "/reports/", REPORT, "/list-commitment/"]
    before = [[tidy(window.get(page)) for page in pages] for window in blinded]

    assert keeper.post(URL, {**WHY, "password": "wrong"}).status_code == 422
    assert keeper.post(URL, {**WHY, "reason": ""}).status_code == 422
    assert "Ask for the arms" in read(keeper, URL)
    assert not ReleaseRequest.objects.exists()
    assert keeper.post(URL, WHY).status_code == 302
    asked = ReleaseRequest.objects.get()
    assert asked.snapshot_sha256 == DataSnapshot.objects.get(pk=asked.snapshot_id).sha256
    assert asked.commitments == {"2": ListCommitment.objects.get().sha256}
    assert keeper.post(URL, {"confirm": "yes", "shown": str(asked.pk), "password": PASSWORD}).status_code == 422
    assert keeper.post(URL, WHY).status_code == 422  # once
    page = read(second, URL)
    assert all(
        text in page for text in (asked.snapshot_sha256, asked.code_version, asked.sets_sha256, "Final analysis")
    )
    assert second.post(URL, {"confirm": "yes", "shown": shown(second), "password": "wrong"}).status_code == 422

    # Only the desk takes this for production: the list of a test does not open there.
    monkeypatch.setattr(desk, "settings", SimpleNamespace(IS_PRODUCTION=True))
    monkeypatch.setattr(
        desk, "deal_dummy_arms", swap
    )  # dealt by the ids of few patients they may fall as the true ones
    for ending in ("", "?arms=real"):
        closed = read(keeper, REPORT + ending)
        assert "Dummy arms." in closed
        assert "shown after the" in closed
    assert "dummy-arms" in keeper.get(f"{REPORT}rows.csv?arms=real")["Content-Disposition"]
    facts = f"/snapshots/{asked.snapshot_id}/{FACTS}"
    assert "dummy-arms" in keeper.get(facts)["Content-Disposition"]
    hidden = read(keeper, facts)
    assert "This report shows arms" in read(keeper, "/reports/safety/")
    assert keeper.get("/release/list-2.txt").status_code == 404

    assert second.post(URL, {"confirm": "yes", "shown": shown(second), "password": PASSWORD}).status_code == 302
    done = Release.objects.get()
    opened = read(keeper, REPORT)
    assert "This report shows arms" in opened
    assert f"Released {done.appended_at:%Y-%m-%d}" in opened
    assert f'<code class="digest">{asked.snapshot_sha256}</code>' in opened
    assert "Dummy arms." in read(keeper, f"{REPORT}?arms=dummy")
    assert asked.snapshot_sha256 in read(keeper, f"{REPORT}rows.csv")
    assert "dummy-arms" not in keeper.get(facts)["Content-Disposition"]
    assert read(keeper, facts) != hidden
    assert [[tidy(window.get(page)) for page in pages] for window in blinded] == before
    check_files(keeper, asked)
    assert "confirmed by The data manager" in read(second, URL)
    assert second.get("/release/list-2.txt").status_code == 404
    assert AuditEvent.objects.filter(action__in=("ask_release", "confirm_release"), is_restricted=False).count() == 2
    assert AuditEvent.objects.filter(action="read_list", is_restricted=True).count() == 2
    assert "All is as it was written" in verify()


def swap(arms: Mapping[UUID, str], *_: object) -> dict[UUID, str]:
    other = {"angioplasty": "sham", "sham": "angioplasty"}
    return {one: other.get(arm, arm) for one, arm in arms.items()}


def tidy(answer: Any) -> tuple[int, bytes]:
    """Without the token of forms and the moment of reading."""
    body = re.sub(rb'(name="csrfmiddlewaretoken" value="|csrf[^"]*":\s*")[^"]+', rb"", answer.content)
    return answer.status_code, re.sub(rb"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?|[A-Za-z0-9]{64}", b"", body)


def check_files(keeper: Client, asked: ReleaseRequest) -> None:
    """With nothing but a hash function, as the documented procedure says."""
    texts = {key: keeper.get(f"/release/{key}.txt").content for key in ("list-2", "draws-2", "snapshot")}
    assert hashlib.sha256(texts["list-2"]).hexdigest() == asked.commitments["2"]
    assert hashlib.sha256(texts["snapshot"]).hexdigest() == asked.snapshot_sha256
    slots = {tuple(line.split("\t")[:2]): line.split("\t")[-1] for line in texts["list-2"].decode().splitlines()[6:]}
    taken = [line.split("\t") for line in texts["draws-2"].decode().splitlines()]
    assert Counter(line[3] for line in taken) == Counter(Draw.objects.values_list("code", flat=True))
    assert all(slots[(stratum, place)] == arm for stratum, place, _, _, arm in taken)


def test_what_changed_meanwhile_is_not_opened_and_nobody_confirms_alone(
    statistician: User, data_manager: User, sign_in: SignIn, settings: Settings
) -> None:
    """Where two processes share the trial, it is confirmed or declined in the one that has the key."""
    lock = make_ready(statistician)
    protocol = get_protocol()
    asked = ask_release(statistician, protocol, reason="Interim")
    with pytest.raises(RefusedError, match="asked for it yourself"):
        confirm_release(statistician, protocol, shown=str(asked.pk))
    with pytest.raises(RefusedError, match="protocol file changed"):
        confirm_release(data_manager, replace(protocol, digest="0" * 64), shown=str(asked.pk))
    other = make_user("another", Role.DATA_MANAGER)
    ask_unlock(lock, reason="A wrong date", actor=actor_of(data_manager))
    unlock(lock, actor=actor_of(other))
    settings.SERVES, settings.UNBLINDED_ADDRESS = "blinded", "https://treatment.trial.example"
    at_blinded = sign_in(data_manager)
    assert 'href="https://treatment.trial.example/release/"' in read(at_blinded, URL)
    assert 'name="shown"' not in read(at_blinded, URL)
    for sent in ({"confirm": "yes", "password": PASSWORD}, {"decline": "yes", "no_because": "x"}):
        assert at_blinded.post(URL, {**sent, "shown": str(asked.pk)}).status_code == 422
    settings.SERVES = "unblinded"
    second = Client()
    signed_in = second.post("/sign-in/", {"username": data_manager.username, "password": PASSWORD, "next": "/"})
    assert signed_in.headers["Location"] == URL
    assert second.get("/").headers["Location"] == URL
    assert [second.get(url).status_code for url in ("/patients/", "/locks/", "/reports/")] == [404] * 3
    refused = second.post(URL, {"confirm": "yes", "shown": shown(second), "password": PASSWORD})
    assert refused.status_code == 422
    assert "The lock of the trial was opened since" in refused.content.decode()
    assert second.post(URL, {"decline": "yes", "shown": shown(second), "no_because": ""}).status_code == 422
    assert second.post(URL, {"decline": "yes", "shown": shown(second), "no_because": "Unlocked"}).status_code == 302
    assert second.post(URL, {"decline": "yes", "shown": str(asked.pk), "no_because": "Again"}).status_code == 422
    assert "Unlocked" in read(sign_in(statistician), URL)
    assert not Release.objects.exists()
    assert not get_ground(protocol).is_ready
    lock_trial()
    again = ask_release(statistician, protocol, reason="Interim, locked again")
    confirm_release(data_manager, protocol, shown=str(again.pk))
    with pytest.raises(RefusedError, match="released already"):
        ask_release(statistician, protocol, reason="Once more")
    with pytest.raises(RefusedError, match="released already"):
        confirm_release(other, protocol, shown=str(again.pk))
    with pytest.raises(IntegrityError), transaction.atomic(), open_gate():
        Release.objects.create(request=asked, by_user_id="x", by_username="x", by_name="x")
    with pytest.raises(DatabaseError), transaction.atomic(), open_gate():
        ReleaseRequest.objects.filter(pk=again.pk).update(reason="Another")
