"""Asking for a file, what becomes of it, and who gets it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from tests.cast import SignIn, make_user
from tests.jobs.conftest import work
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.jobs import store
from trialsite.jobs.actions import (
    INTERRUPTED,
    MOST_UNFINISHED,
    AskedTooMuchError,
    ask_for,
    clear_queue,
    offer_lost,
    remove_expired,
)
from trialsite.jobs.models import Job, JobState, Worker
from trialsite.jobs.presenters import NO_WORKER
from trialsite.jobs.work import BENCH, FAULT, Made, Order, note_progress, perform
from trialsite.lib import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("makers")]


def test_a_file_is_asked_for_made_told_in_the_trail_and_taken_by_its_owner_alone(
    coordinator: User, monitor: User, sign_in: SignIn
) -> None:
    job = ask_for(coordinator, "note", "A note", {"n": 1})
    assert ask_for(coordinator, "note", "A note", {"n": 1}) == job, "pressed twice"
    browser = sign_in(coordinator)
    waiting = browser.get("/files/").content.decode()
    assert "Waiting" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert NO_WORKER in waiting
    assert browser.get(f"/files/{job.pk}/").status_code == 404, "there is none yet"

    work()
    job.refresh_from_db()
    assert (job.state, job.done_count, job.total_count) == (JobState.DONE, 2, 2)
    content = b"a note for coordinator"
    assert (job.size, job.sha256) == store.measure(store.path_of(job.pk))
    event = AuditEvent.objects.get(action="print")
    assert (event.actor_username, event.detail) == ("coordinator", f"A note. SHA-256 {job.sha256}.")

    listed = browser.get("/files/").content.decode()
    assert f'href="/files/{job.pk}/"' in listed
    assert "hx-trigger" not in listed, "nothing to wait for"
    response = browser.get(f"/files/{job.pk}/")
    assert b"".join(response) == content
    assert response["Content-Disposition"] == 'attachment; filename="note.txt"'
    assert sign_in(monitor).get(f"/files/{job.pk}/").status_code == 404
    assert "A note" not in sign_in(monitor).get("/files/").content.decode()


def test_whoever_lost_a_role_a_site_or_an_instrument_gets_no_file_made_for_it(sign_in: SignIn) -> None:
    owner = make_user("two_hats", Role.COORDINATOR, Role.INVESTIGATOR)
    job = ask_for(owner, "note", "A note", {})
    work()
    for change in ({"roles": ["coordinator"]}, {"site_codes": ["XX"]}):
        kept = {name: getattr(owner, name) for name in change}
        User.objects.filter(pk=owner.pk).update(**change)
        browser = sign_in(User.objects.get(pk=owner.pk))
        assert browser.get(f"/files/{job.pk}/").status_code == 404
        assert "You may no longer read what it holds" in browser.get("/files/").content.decode()
        User.objects.filter(pk=owner.pk).update(**kept)
    response = sign_in(User.objects.get(pk=owner.pk)).get(f"/files/{job.pk}/")
    assert b"".join(response) == b"a note for two_hats"


def test_a_job_of_the_other_side_is_not_done_here(coordinator: User) -> None:
    """Somebody may put a row into the queue of this worker; the job says whose it is."""
    job = ask_for(coordinator, "note", "A note", {})
    Job.objects.filter(pk=job.pk).update(queue="blinded")
    with override_settings(SERVES="unblinded"):
        perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_a_failure_is_told_in_a_sentence_and_can_be_tried_again(coordinator: User, sign_in: SignIn) -> None:
    refused = ask_for(coordinator, "note", "Refused", {"refuse": "Nothing is entered yet. Enter something first."})
    broken = ask_for(coordinator, "broken", "Broken", {})
    ask_for(coordinator, "no such kind", "Unknown", {})
    work()
    page = sign_in(coordinator).get("/files/").content.decode()
    assert "Nothing is entered yet. Enter something first." in page
    assert FAULT in page
    assert "This kind of file is not made here any more." in page
    assert "must not reach a page" not in page
    assert not AuditEvent.objects.filter(action="print").exists()

    Job.objects.filter(pk=refused.pk).update(parameters={})
    assert sign_in(coordinator).post(f"/files/{refused.pk}/again/").status_code == 302
    work()
    refused.refresh_from_db()
    assert refused.state == JobState.DONE
    sign_in(coordinator).post(f"/files/{broken.pk}/remove/")
    sign_in(coordinator).post(f"/files/{refused.pk}/remove/")
    assert "Broken" not in sign_in(coordinator).get("/files/").content.decode()
    assert not store.path_of(refused.pk).exists()


def test_a_file_is_canceled_before_and_while_it_is_made(
    coordinator: User, sign_in: SignIn, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, steps = sign_in(coordinator), []
    waiting = ask_for(coordinator, "note", "Waiting", {"of": "waiting"})
    assert "Cancel" in browser.get("/files/").content.decode()
    browser.post(f"/files/{waiting.pk}/remove/")
    running = ask_for(coordinator, "slow", "Running", {})

    def make_slowly(order: Order) -> Made:
        for step in range(3):
            order.report(step, 3, "")
            steps.append(step)
            order.target.write_text("half of it", encoding="utf-8")
            if step == 1:
                browser.post(f"/files/{running.pk}/remove/")
                note_progress()  # as the worker does beside the work
        raise AssertionError("it went on")

    monkeypatch.setitem(BENCH.makers, "slow", make_slowly)
    work()
    assert steps == [0, 1]
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.EXPIRED}
    assert list((data_dir / "made").iterdir()) == []
    assert not AuditEvent.objects.filter(action="print").exists()
    again = ask_for(coordinator, "note", "Waiting", {"of": "waiting"})
    assert again != waiting


def test_files_go_after_some_days_and_a_file_that_is_gone_is_said_to_be(
    coordinator: User, sign_in: SignIn, data_dir: Path
) -> None:
    first, second = (ask_for(coordinator, "note", title, {"of": title}) for title in ("First", "Second"))
    work()
    store.path_of(second.pk).unlink()
    assert "not there any more" in sign_in(coordinator).get(f"/files/{second.pk}/", follow=True).content.decode()
    assert remove_expired() == 0
    with clock.held_at(clock.now() + timedelta(days=8)):
        assert remove_expired() == 2
        clear_queue()
    assert list((data_dir / "made").iterdir()) == []
    assert sign_in(coordinator).get(f"/files/{first.pk}/").status_code == 404


def test_what_a_killed_worker_left_is_offered_again_three_times_and_then_told(coordinator: User) -> None:
    job = ask_for(coordinator, "note", "A note", {})
    alive = Worker.objects.create(name="another")
    for attempt in (1, 2):
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, worker="another", attempts=attempt)
        assert offer_lost() == 0, "its worker is alive"
        Worker.objects.update(seen_at=clock.now() - timedelta(minutes=2))
        assert offer_lost() == 1
        job.refresh_from_db()
        assert job.state == JobState.WAITING
        alive.save()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, worker="another", attempts=3)
    assert offer_lost("another") == 1, "it begins anew, so what it had is lost"
    job.refresh_from_db()
    assert (job.state, job.problem) == (JobState.FAILED, INTERRUPTED)
    perform(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED, "only what waits is done"


def test_nobody_fills_the_queue(coordinator: User) -> None:
    for n in range(MOST_UNFINISHED):
        ask_for(coordinator, "note", "A note", {"n": n})
    with pytest.raises(AskedTooMuchError, match="Wait until some of them are ready"):
        ask_for(coordinator, "note", "A note", {"n": "one more"})


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(coordinator: User, sign_in: SignIn) -> None:
    browser = sign_in(coordinator)
    begin = clock.now()
    with clock.held_at(begin):
        browser.get("/files/")
    poll = {"HX-Request": "true", "Trialsite-Poll": "1"}
    with clock.held_at(begin + timedelta(minutes=14)):
        listed = browser.get("/files/", headers=poll).content.decode()
        assert listed.startswith('<div id="files"')
    with clock.held_at(begin + timedelta(minutes=16)):
        assert browser.get("/files/", headers=poll).status_code == 401
