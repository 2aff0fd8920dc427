import json
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from enrollment.vault.door import SCHEMA
from enrollment.vault.verify import verify_snapshots
from enrollment.verify import verify_eligibility
from trialsite.accounts.verify import verify_access_reviews, verify_training
from trialsite.audit.verify import Head, Problem, find_unbound, get_heads, verify_chains
from trialsite.lib import clock
from trialsite.marks.verify import verify_locks
from trialsite.queries.verify import verify_queries
from trialsite.records.verify import verify_records
from trialsite.records.verify_attested import verify_attested
from trialsite.signatures.verify import verify_signatures
from trialsite.trail.verify import verify_remarks, verify_trail_reviews

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Verify that no entry of the audit trail was altered, deleted, inserted or moved, that every clinical row says what its trail says, that"
        " every signature, verification and lock is one that was given, and that what was signed or verified is what the records said then and,"
        " where it still counts, say now; likewise eligibility, reviews, remarks, queries,"
        " trainings and snapshots. Ends with code 1 and names what is wrong. Takes time with the size of the trial, not memory."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="verify against heads written earlier and kept elsewhere"
        )
        parser.add_argument(
            "--write-heads", type=Path, metavar="FILE", help="write the heads of all chains, if all is well"
        )

    def handle(self, *args: Any, heads: Path | None, write_heads: Path | None, **options: Any) -> None:
        refuse_blinded_role()
        kept = read_heads(heads) if heads else {}
        found = get_heads()
        problems = list(islice(find_problems(found, kept), SHOWN))
        for problem in problems:
            self.stdout.write(self.style.ERROR(f"{problem.kind.upper():<10}{problem.place}: {problem.sentence}"))
        if problems:
            more = " (and maybe more)" if len(problems) == SHOWN else ""
            raise CommandError(f"{len(problems)} problem{'s' * (len(problems) > 1)} found{more}.")
        if write_heads:
            write_heads.write_text(format_heads(found), encoding="utf-8")
        self.stdout.write(self._say(found, kept, heads))

    def _say(self, found: dict[str, Head], kept: dict[str, Head], heads: Path | None) -> str:
        against = f", and against {len(kept)} heads of {heads}" if heads else ""
        entries = sum(position for position, _ in found.values())
        return f"All is as it was written: {entries} events in {len(found)} chains{against}."


def refuse_blinded_role() -> None:
    """Row security hides entries from the blinded role of PostgreSQL, and what is hidden would be taken for deleted."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(%s, 'USAGE')", [SCHEMA])
        (sees_all,) = cursor.fetchone()
    if not sees_all:
        raise CommandError(
            "This role of the database does not see every entry of the trail. Run it as the owner of the database, or where the"
            " unblinded are served."
        )


def find_problems(found: dict[str, Head], kept: dict[str, Head]) -> Iterator[Problem]:
    return chain(
        verify_chains(found, kept),
        find_unbound(),
        verify_records(),
        verify_signatures(),
        verify_locks(),
        verify_attested(),
        verify_eligibility(),
        verify_access_reviews(),
        verify_training(),
        verify_trail_reviews(),
        verify_remarks(),
        verify_queries(),
        verify_snapshots(),
    )


def format_heads(heads: dict[str, Head]) -> str:
    told = {"written_at": clock.now().isoformat(), "chains": {name: list(head) for name, head in sorted(heads.items())}}
    return json.dumps(told, indent=1) + "\n"


def read_heads(path: Path) -> dict[str, Head]:
    try:
        chains = json.loads(path.read_text(encoding="utf-8"))["chains"]
        return {str(name): (int(position), str(digest)) for name, (position, digest) in chains.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is not a file of heads: {error}") from error
