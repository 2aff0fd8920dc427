"""The disk made full: the database lies on a small file system, and a file takes what is left of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.bench import Bench
from tests.faults.browser import Answer, Browser, Fields
from tests.faults.checks import find_problems
from tests.faults.clerk import UNAVAILABLE, Save
from tests.faults.report import Report
from tests.faults.trial import PASSWORD, Desk, open_trial
from tests.robust.page import values_of

FULL = "The disk of the server is full"
AWAY = "The database does not answer"
MOST_SAVES = 400  # space that is already taken may serve for some


@dataclass
class Typist:
    """One coordinator, who saves new entries of a log one after the other."""

    desk: Desk
    browser: Browser

    def __post_init__(self) -> None:
        self.saves: list[Save] = []

    def open_entry(self, n: int) -> tuple[Save, Fields]:
        page = self.browser.get(self.desk.log).page
        (link,) = [one for one in page.find("a") if one.text == "Add an entry"]
        address = link.attributes["href"]
        fields = values_of(self.browser.get(address).page)
        save = Save(self.desk.username, address, "term", f"complaint {n}")
        return save, fields | {"term": [save.value], "narrative": ["word " * 300], "intent": ["save"]}

    def send(self, save: Save, fields: Fields) -> Answer:
        answer = self.browser.post(save.address, fields)
        save.attempts += 1
        save.is_acknowledged = answer.status == 302
        if save not in self.saves:
            self.saves.append(save)
        return answer


def run(bench: Bench, *, saves: int, clients: int, seed: int) -> Report:
    desks = open_trial(1)
    bench.product.start()
    typist = Typist(desks[0], Browser(bench.product.port))
    typist.browser.sign_in(desks[0].username, PASSWORD)
    figures: dict[str, str] = {"file system": f"{bench.small_disk_mb} MB"}
    problems = list(_fill_and_free(bench, typist, figures))
    problems += find_problems(typist.saves, desks[0].shared_form)
    return Report("disk", bench.database.name, figures, problems)


def _fill_and_free(bench: Bench, typist: Typist, figures: dict[str, str]) -> Iterator[str]:
    save, fields = typist.open_entry(0)
    if typist.send(save, fields).status != 302:
        yield "nothing could be stored on the empty disk"
    filler = fill(bench.small_disk)
    refused, answer, fields = _save_until_refused(typist)
    figures["saves after the disk was full that still found space"] = str(len(typist.saves) - 2)
    figures["answer to the save that found none"] = f"{answer.status}, Retry-After {answer.headers.get('Retry-After')}"
    yield from _check_refusal(refused, answer, figures)
    yield from _check_reading(typist, figures)
    filler.unlink()
    yield from _save_again(typist, refused, {**values_of(answer.page), "intent": fields["intent"]}, figures)


def fill(folder: Path) -> Path:
    """Take all space that is left, down to the last byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler


def _save_until_refused(typist: Typist) -> tuple[Save, Answer, Fields]:
    for n in range(1, MOST_SAVES):
        save, fields = typist.open_entry(n)
        answer = typist.send(save, fields)
        if not save.is_acknowledged:
            return save, answer, fields
    raise TimeoutError(f"{MOST_SAVES} saves found space on a full disk")


def _check_refusal(refused: Save, answer: Answer, figures: dict[str, str]) -> Iterator[str]:
    text = answer.page.text
    figures["what the person reads"] = "that the disk is full" if FULL in text else "that the database does not answer"
    if answer.status != UNAVAILABLE or not (FULL in text or AWAY in text):
        yield f"answer {answer.status}: {text[:300]}"
    if values_of(answer.page).get("term") != [refused.value]:
        yield "what was typed is not on the page"


def _check_reading(typist: Typist, figures: dict[str, str]) -> Iterator[str]:
    places = [typist.desk.log, typist.saves[0].address, typist.desk.shared_form, "/", "/patients/"]
    found = [typist.browser.get(place).status for place in places]
    figures["pages read while it is full"] = f"{found.count(200)} of {len(places)}"
    if any(status not in {200, UNAVAILABLE} for status in found):
        yield f"pages answered {found}"


def _save_again(typist: Typist, refused: Save, fields: Fields, figures: dict[str, str]) -> Iterator[str]:
    """The same form, as the page of trouble gave it back; the database may need a moment to come back."""
    answer = typist.send(refused, fields)
    for _ in range(30):
        if refused.is_acknowledged:
            figures["sendings of that form until it was stored, once there was space"] = str(refused.attempts - 1)
            return
        time.sleep(1)
        answer = typist.send(refused, fields)
    yield f"not stored after there was space: {answer.status} {answer.page.text[:200]}"
