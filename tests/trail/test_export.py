"""The trail as a file: whole, with its manifest, and without what its taker may not know."""

import csv
import hashlib
import io
import json
import tracemalloc
from typing import Any

import pytest
from django.test import Client

from tests.cast import SignIn
from tests.records.conftest import BEN
from tests.trail.conftest import SECRET, text_of
from trialsite.accounts.models import User
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.write import write_event
from trialsite.records.actions import correct_record
from visits.models import VitalSigns


def take(site: Client, **asked: str) -> str:
    return text_of(site.post("/trail/export/", asked))


def manifest_of(text: str) -> dict[str, Any]:
    last = json.loads(text.splitlines()[-1])
    return dict(last["manifest"])


@pytest.mark.conformance(21, 42, 43)
def test_json_lines_hold_every_event_and_end_with_the_manifest(
    story: VitalSigns, statistician: User, sign_in: SignIn
) -> None:
    text = take(sign_in(statistician), file_format="jsonl")
    *lines, last = text.splitlines(keepends=True)
    told = manifest_of(text)
    assert len(lines) == AuditEvent.objects.count() - 1  # all but the export itself
    assert (told["events"], told["values"]) == (len(lines), AuditEntry.objects.count())
    assert told["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert told["taken_by"] == "The statistician (statistician)"
    assert told["filter"] == {}
    assert json.loads(last) == {"manifest": told}
    newest = next(json.loads(line) for line in lines if '"correct"' in line)
    assert newest["values"] == [{"field": "heart_rate_bpm", "old": 74, "new": 75}]
    assert newest["sentences"][0].startswith("P2-001: Heart rate changed from 74 /min to 75 /min at Baseline")


@pytest.mark.conformance(42)
def test_csv_has_one_row_a_value_with_old_and_new(story: VitalSigns, statistician: User, sign_in: SignIn) -> None:
    text = take(sign_in(statistician), file_format="csv", action="correct")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["old_words"], row["new_words"]) for row in rows[:-1]] == [
        (f"{rate} /min", f"{rate + 1} /min") for rate in range(74, 69, -1)
    ]
    told = json.loads(text.splitlines()[-1].split(",", 1)[1][1:-1].replace('""', '"'))
    body = text[: text.rindex("# manifest")]
    assert told["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert told["filter"] == {"action": "correct"}


@pytest.mark.conformance(43)
def test_the_same_trail_gives_the_same_digest(story: VitalSigns, statistician: User, sign_in: SignIn) -> None:
    site = sign_in(statistician)
    digests = {manifest_of(take(site, file_format="jsonl", person="ben"))["sha256"] for _ in range(2)}
    assert len(digests) == 1


def test_an_export_is_an_event_of_its_own(story: VitalSigns, data_manager: User, sign_in: SignIn) -> None:
    text = take(sign_in(data_manager), file_format="jsonl", person="ben")
    event = AuditEvent.objects.get(action="export_trail")
    assert (event.actor_username, event.detail) == ("data_manager", "As jsonl; person: ben.")
    assert manifest_of(text)["export_event"] == str(event.public_id)


@pytest.mark.conformance(24)
@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_blinded_person_takes_nothing_restricted(
    story: VitalSigns, data_manager: User, sign_in: SignIn, file_format: str
) -> None:
    text = take(sign_in(data_manager), file_format=file_format)
    assert "74 /min" in text
    assert SECRET not in text
    assert "reveal_arm" not in text
    assert take(sign_in(data_manager), file_format="jsonl", only_restricted="on").count("reveal_arm") == 0


def test_a_text_that_begins_like_a_formula_is_made_harmless(
    story: VitalSigns, data_manager: User, sign_in: SignIn
) -> None:
    correct_record(story, {"heart_rate_bpm": 80}, actor=BEN, base_revision=6, reason="=HYPERLINK(1)")
    assert ",'=HYPERLINK(1)," in take(sign_in(data_manager), file_format="csv")


@pytest.mark.parametrize("asked", [{"file_format": "exe"}, {"file_format": "csv", "from_on": "x"}])
def test_nonsense_is_answered_as_an_unknown_address(
    story: VitalSigns, data_manager: User, sign_in: SignIn, asked: dict[str, str]
) -> None:
    assert sign_in(data_manager).post("/trail/export/", asked).status_code == 404


def test_memory_does_not_grow_with_the_file(db: None, data_manager: User, sign_in: SignIn) -> None:
    """Four times as many events take at most half as much again."""
    peaks = []
    for count in (1_000, 3_000):
        with open_gate():
            for number in range(count):
                write_event("print", actor=BEN, detail=f"sheet {number} " + "x" * 200)
        response: Any = sign_in(data_manager).post("/trail/export/", {"file_format": "jsonl", "action": "print"})
        tracemalloc.start()
        for _ in response.streaming_content:
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
