"""One coordinator at work: opens forms, types, saves; and where no answer comes, sends the very same form again until one does."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults.browser import Answer, Browser, Fields, NoAnswerError
from tests.faults.trial import PASSWORD, Desk
from tests.robust.page import values_of

PAUSE_S = 0.5
STORED, SEEN, UNAVAILABLE = 302, 200, 503
HANGS_UP = 0.04  # of the saves: the client sends and does not wait for the answer
OWN, NEW = 0.5, 0.3  # of the saves: forms of one's own, new entries of a log; the others go to the form that all share
_NEW_ENTRY = re.compile(r'href="([^"]+)">Add an entry')


@dataclass(slots=True)
class Save:
    """One act of saving: what was typed where, and what came of it."""

    username: str
    address: str
    item: str
    value: str
    attempts: int = 0
    lost_answers: int = 0
    hung_up: bool = False
    told_trouble: int = 0
    is_acknowledged: bool = False
    was_stored_before: bool = False


@dataclass
class Clerk:
    """Does `share` saves. `problems` says what no person should have met."""

    desk: Desk
    number: int
    port: int
    share: int
    give_up_at: float
    seed: int
    saves: list[Save] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.browser = Browser(self.port)
        self.thread = threading.Thread(target=self._work, name=self.desk.username, daemon=True)

    # -- acts

    def _work(self) -> None:
        try:
            self._insist(lambda: self.browser.sign_in(self.desk.username, PASSWORD))
            while len(self.saves) < self.share:
                self._save_something(len(self.saves))
        except TimeoutError as late:
            self.problems.append(f"{self.desk.username}: {late}")

    def _save_something(self, n: int) -> None:
        chance = self.rng.random()
        if chance < OWN:
            self._correct(self.rng.choice(self.desk.own_forms), f"nurse {self.number}-{n}")
        elif chance < OWN + NEW:
            self._save(self._find_new_entry(), "term", f"complaint {self.number}-{n}", intent="save")
        else:
            self._save(self.desk.shared_form, *self._next_shared(), intent="save")

    def _correct(self, address: str, words: str) -> None:
        """A form of one's own: completed at first, and from then on corrected with a reason."""
        extra = {**_VITAL_SIGNS, "reason_code": "transcription", "heart_rate_bpm": str(self.rng.randint(60, 90))}
        self._save(address, "assessed_by", words, intent="complete", **extra)

    def _next_shared(self) -> tuple[str, str]:
        """Everybody has an item of their own in the form that all share; its value is another each time."""
        item, pattern, first = SHARED[self.number % len(SHARED)]
        count = sum(save.address == self.desk.shared_form for save in self.saves)
        return item, pattern.format(first + count % 9)

    def _find_new_entry(self) -> str:
        page = self._insist(lambda: self.browser.get(self.desk.log)).body.decode()
        found = _NEW_ENTRY.search(page)
        if found is None:
            raise TimeoutError("the log offers no new entry")
        return found.group(1)

    def _save(self, address: str, item: str, value: str, *, intent: str, **extra: str) -> None:
        save = Save(self.desk.username, address, item, value)
        opened = self._insist(lambda: self.browser.get(address))
        typed = values_of(opened.page) | {name: [text] for name, text in extra.items()}
        self._send(save, typed | {item: [value], "intent": [intent]})
        self.saves.append(save)

    # -- sending

    def _send(self, save: Save, fields: Fields) -> None:
        """Send until it is acknowledged. Nothing is typed again: the same form, or the one that the page of trouble gives back."""
        while not save.is_acknowledged:
            self._check_time()
            save.attempts += 1
            save.hung_up = save.hung_up or (save.attempts == 1 and self.rng.random() < HANGS_UP)
            try:
                answer = self.browser.post(save.address, fields, hangs_up=save.hung_up and save.attempts == 1)
            except NoAnswerError:
                save.lost_answers += not save.hung_up or save.attempts > 1
                time.sleep(PAUSE_S)
                continue
            if answer.status == STORED:
                save.is_acknowledged = True
                save.was_stored_before = save.attempts > 1 and self._says_unchanged(answer)
            elif answer.status == UNAVAILABLE:
                save.told_trouble += 1
                fields = self._take_back(save, answer) | {
                    "intent": fields["intent"]
                }  # the button that is pressed again
                time.sleep(PAUSE_S)
            else:
                self.problems.append(f"{save.username} {save.value}: answer {answer.status}: {answer.page.text[:300]}")
                return

    def _take_back(self, save: Save, answer: Answer) -> Fields:
        """What the page of trouble gives back: everything that was sent, for one press of a button."""
        kept = values_of(answer.page)
        if kept.get(save.item) != [save.value]:
            self.problems.append(f"{save.username} {save.value}: the page of trouble lost it")
        if "Retry-After" not in answer.headers:
            self.problems.append(f"{save.username} {save.value}: nobody says when to try again")
        return kept

    def _insist(self, ask: Callable[[], Answer]) -> Answer:
        """Ask for a page until it comes."""
        while True:
            self._check_time()
            try:
                answer = ask()
            except NoAnswerError:
                time.sleep(PAUSE_S)
                continue
            if answer.is_bare:
                self.problems.append(f"{self.desk.username}: an error without words, {answer.status}")
            if answer.status in {STORED, SEEN}:
                return answer
            time.sleep(PAUSE_S)

    def _says_unchanged(self, answer: Answer) -> bool:
        """Whether the product says that nothing new was stored: an earlier sending had arrived."""
        shown = self._insist(lambda: self.browser.get(answer.headers["Location"]))
        return b"nothing had changed" in shown.body

    def _check_time(self) -> None:
        if time.monotonic() > self.give_up_at:
            raise TimeoutError("the time is over")


_VITAL_SIGNS = {
    "systolic_mmhg": "122",
    "diastolic_mmhg": "78",
    "oxygen_saturation_pct": "98",
    "temperature_c": "36.7",
    "height_cm": "170",
    "weight_kg": "64",
}
# (item, how a value is written, the first of nine): within the limits of the protocol.
SHARED = (
    ("assessed_by", "nurse {}", 1),
    ("systolic_mmhg", "{}", 120),
    ("diastolic_mmhg", "{}", 70),
    ("heart_rate_bpm", "{}", 60),
    ("oxygen_saturation_pct", "{}", 91),
    ("temperature_c", "36.{}", 1),
    ("height_cm", "{}.0", 170),
    ("weight_kg", "{}.0", 60),
)
