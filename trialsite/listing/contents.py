"""Everything that one person may read, in the order of the files, and what the manifest says of it.

A manifest has two parts. `contents` follows from what is stored and from what the person may read, and has a digest of its own; `taken`
says by whom and when. Two listings of the same state are equal in every byte of every other file and in `contents`; only `taken` differs.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from trialsite.accounts.actor import actor_of
from trialsite.jobs.work import Order
from trialsite.lib import clock
from trialsite.listing.archive import Archive
from trialsite.listing.marks import list_mark_tables
from trialsite.listing.reading import Reading
from trialsite.listing.records import list_record_tables
from trialsite.listing.table import HEAD, Table
from trialsite.listing.talk import list_talk_tables
from trialsite.records.diff import digest_of
from trialsite.trail.exports import Export, tell_source, tell_taker
from trialsite.trail.selectors import TrailFilter

MANIFEST, READ_ME, DICTIONARY = "manifest.json", "read_me.txt", "data_dictionary.csv"
_DICTIONARY = ("file", "title", "column", "label", "kind", "unit", "hard_limits", "usual_range", "codes")
_TOLD_EVERY = 200  # rows

HOW_TO_READ = """How to read this listing

tables/*.csv      one file for each table: comma, UTF-8 with a byte order mark, first line the names of the columns
audit_trail.csv   one line for each value that was entered or changed, with words
audit_trail.jsonl the same, one event a line, values as they were stored
data_dictionary.csv  every column of every table: label, kind, unit, limits, codes
manifest.json     who took it and when, what it holds, rows and SHA-256 of every file

Each line of a table begins with patient, site, visit, visit_occasion, state and revision; empty where that does not apply.
Dates are ISO 8601, moments UTC, numbers plain decimals, yes and no true and false; several codes and reasons for missing items are JSON.
An empty cell has no value; the column "absent" of a form says why, where somebody said so.

A cell that begins with one of = + - @, a tab, a line break or an apostrophe, and is no number, has an apostrophe before it, so that a
spreadsheet does not run it. A program takes one apostrophe away from every cell that begins with one, and has the text as it was stored.

Computed values, such as scores, are not stored and not listed. Accounts, and who was allotted to what, are not part of the listing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was written: its digest, how many files and rows."""

    digest: str
    file_count: int
    row_count: int
    moment: datetime


def list_tables(reading: Reading) -> list[Table]:
    return list(chain(list_record_tables(reading), list_mark_tables(reading), list_talk_tables(reading)))


class Progress:
    """Tells the order how many rows are written, now and then."""

    def __init__(self, order: Order, total: int) -> None:
        self._order, self._total, self._done, self.step = order, total, 0, ""

    def __call__(self) -> None:
        self._done += 1
        if self._done % _TOLD_EVERY == 1:
            self._order.report(min(self._done, self._total), self._total, self.step)


def write_listing(order: Order, reading: Reading, wanted: dict[str, str], moment: datetime) -> Taken:
    """Write everything to the file of the order. The caller reads at once, as of one moment."""
    tables, events = list_tables(reading), reading.events().filter(at__lte=moment)
    progress = Progress(order, sum(table.rows.count() for table in tables) + 2 * events.count())
    with Archive(order.target) as archive:
        archive.add_lines(READ_ME, [HOW_TO_READ], lambda: 0)
        archive.add_table(DICTIONARY, list(_DICTIONARY), _describe(tables))
        for table in tables:
            progress.step = table.title
            archive.add_table(f"tables/{table.name}.csv", table.headings(), table.cells(), progress)
        progress.step = "Audit trail"
        for file_format in ("csv", "jsonl"):
            _add_trail(archive, order, events, reading, moment, file_format, progress)
        contents = _tell(archive, reading, wanted, moment)
        digest = digest_of(contents)
        taken = tell_taker(actor_of(order.user), clock.now())
        manifest = {"contents": contents, "contents_sha256": digest, "taken": taken}
        archive.add_lines(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1), "\n"], lambda: 0)
    rows = sum(member["rows"] for member in contents["files"].values())
    return Taken(digest=digest, file_count=len(contents["files"]), row_count=rows, moment=moment)


def _add_trail(
    archive: Archive,
    order: Order,
    events: Any,
    reading: Reading,
    moment: datetime,
    file_format: str,
    progress: Progress,
) -> None:
    export = Export(
        events=events,
        wanted=TrailFilter(),
        actor=actor_of(order.user),
        at=moment,
        protocol=reading.protocol,
        reader=order.user,
        event_id="",
    )

    def lines() -> Iterator[str]:
        for line in export.lines(file_format):
            yield line
            progress()

    archive.add_lines(f"audit_trail.{file_format}", lines(), lambda: export.event_count)


def _tell(archive: Archive, reading: Reading, wanted: dict[str, str], moment: datetime) -> dict[str, Any]:
    return {
        **tell_source(wanted, reading.protocol),
        "as_of": moment.isoformat(),
        "sites": "all" if reading.sites is None else sorted(reading.sites),
        "files": dict(archive.members),
    }


def _describe(tables: Sequence[Table]) -> Iterator[list[str]]:
    """The data dictionary: one line for each column of each table."""
    for table in tables:
        about = [f"tables/{table.name}.csv", table.title]
        yield from ([*about, name, label, "text", "", "", "", ""] for name, label in HEAD.items())
        for column in table.columns:
            told = column.described
            yield [*about, column.name, column.label, told.kind, told.unit, told.hard, told.soft, told.codes]
