"""The questions that a review puts to the trail. Pure: plain values in, findings out.

A finding is no accusation: it names an entry that somebody should look at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from trialsite.lib.lateness import count_days_late

Change = tuple[str, Any, Any]
# (kind of record, field) -> the bounds on whose sides a value decides about eligibility or response
Thresholds = Mapping[tuple[str, str], Sequence[Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One event that stored a record. `local_at` is on the clock of the patient's site; `signed_at` is the first signature of the record.

    `is_row`: a row of a grid, which is never stored without an event of its form, so that the form speaks for it where values do not matter.
    `changes` are those of a record that was stored before.
    """

    key: str
    at: datetime
    local_at: datetime
    person: str
    kind: str
    record: str
    is_first: bool
    changes: tuple[Change, ...]
    visited_on: date | None = None
    signed_at: datetime | None = None
    is_row: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """From where on an entry is asked about. Working hours are those of the site."""

    late_after_days: int
    day_begins: int = 6
    day_ends: int = 22
    burst_of: int = 20
    burst_within: timedelta = timedelta(minutes=10)
    repeated_from: int = 3


@dataclass(frozen=True, slots=True)
class Found:
    """An answer to one question: the entry, and why."""

    question: str
    key: str
    why: str


QUESTIONS: dict[str, str] = {
    "late": "Entered late after the visit",
    "odd_hours": "Entered at night",
    "burst": "Many corrections in a short time",
    "repeated": "One value changed again and again",
    "after_signature": "Changed after a signature",
    "threshold": "Changed across a bound that decides about eligibility or response",
}


def review(events: Sequence[Stored], bounds: Bounds, thresholds: Thresholds) -> list[Found]:
    """Every finding, question by question, in the order of the events given (by time)."""
    return [
        *find_late(events, bounds),
        *find_odd_hours(events, bounds),
        *find_bursts(events, bounds),
        *find_repeated(events, bounds),
        *find_after_signature(events),
        *find_across_threshold(events, thresholds),
    ]


def find_late(events: Iterable[Stored], bounds: Bounds) -> Iterator[Found]:
    for event in events:
        if event.is_first and event.visited_on and not event.is_row:
            entered_on = event.local_at.date()
            if days := count_days_late(event.visited_on, entered_on, late_after_days=bounds.late_after_days):
                yield Found("late", event.key, f"{days} days after the visit of {event.visited_on}")


def find_odd_hours(events: Iterable[Stored], bounds: Bounds) -> Iterator[Found]:
    for event in events:
        if not (event.is_row or bounds.day_begins <= event.local_at.hour < bounds.day_ends):
            yield Found("odd_hours", event.key, f"at {event.local_at:%H:%M} on the clock of the site")


def find_bursts(events: Iterable[Stored], bounds: Bounds) -> Iterator[Found]:
    """The last correction of every run that is dense enough, once a run."""
    by_person: dict[str, list[Stored]] = defaultdict(list)
    for event in events:
        if not (event.is_first or event.is_row):
            by_person[event.person].append(event)
    for person, corrections in by_person.items():
        first = 0
        for last, event in enumerate(corrections):
            while event.at - corrections[first].at > bounds.burst_within:
                first += 1
            if last - first + 1 >= bounds.burst_of:
                minutes = int(bounds.burst_within.total_seconds() // 60)
                yield Found("burst", event.key, f"{last - first + 1} corrections by {person} within {minutes} minutes")
                first = last + 1


def find_repeated(events: Iterable[Stored], bounds: Bounds) -> Iterator[Found]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for event in events:
        for field, old, new in event.changes:
            if _is_value(old) and _is_value(new):
                counts[event.record, field] += 1
                if counts[event.record, field] >= bounds.repeated_from:
                    yield Found(
                        "repeated", event.key, f"{field} changed for the {_nth(counts[event.record, field])} time"
                    )


def find_after_signature(events: Iterable[Stored]) -> Iterator[Found]:
    for event in events:
        if event.signed_at and event.at > event.signed_at and event.changes:
            yield Found("after_signature", event.key, f"signed at {event.signed_at:%Y-%m-%d %H:%M} UTC")


def find_across_threshold(events: Iterable[Stored], thresholds: Thresholds) -> Iterator[Found]:
    for event in events:
        for field, old, new in event.changes:
            for bound in thresholds.get((event.kind, field), ()):
                before, after = _number(old), _number(new)
                if before is not None and after is not None and (before <= bound) != (after <= bound):
                    yield Found("threshold", event.key, f"{field} from {before} to {after}; {bound} decides")


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if _is_value(value) else None
    except InvalidOperation:
        return None


def _is_value(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _nth(count: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(count, f"{count}th")
