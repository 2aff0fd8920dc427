import resource
import time
from argparse import ArgumentParser
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from enrollment.models import Patient
from trialsite.proof.originals import NoCopyError, digest_database, working_on_a_copy
from trialsite.proof.report import Run, get_commitments, judge, write_report
from trialsite.proof.service import ServiceEndedError
from trialsite.proof.split import USUAL, Roles, compare_split
from trialsite.proof.walk import TO_FILE, Depth
from trialsite.proof.worlds import Outcome, compare_worlds

QUICK = Depth(samples=1, links=1, forms=1, names=1, shares=True)


class Command(BaseCommand):
    help = (
        "Prove that no byte that blinded people receive depends on an arm: on a copy of the database the arms of each stratum are permuted, and"
        " what only unblinded people enter is changed; every address is asked as every blinded role before and after. Writes a report to be filed,"
        " and ends with code 1 when an answer differs. The database itself is only read. Needs the key of the vault. Takes minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write the report to this new file; else it is printed"
        )
        parser.add_argument("--quick", action="store_true", help="ask one of each kind of question only")
        parser.add_argument(
            "--services",
            action="store_true",
            help="on PostgreSQL: ask two processes, as blinded and unblinded people are served, each with the role and the keys of its side,"
            " instead of one that serves everybody",
        )
        for side, role in (("blinded", USUAL.blinded), ("unblinded", USUAL.unblinded)):
            parser.add_argument(f"--{side}", default=role, help="role of the database of that process")

    def handle(
        self, *args: Any, report: Path | None, quick: bool, services: bool, blinded: str, unblinded: str, **options: Any
    ) -> None:
        if services and connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: one process serves everybody. Leave --services out.")
        if not settings.ALLOCATION_KEYS:
            raise CommandError("This process has no key of the vault. Run it where the unblinded process runs.")
        if report is not None and report.exists():
            raise CommandError(f"{report} is there already. Name a new file: reports are kept, not replaced.")
        try:
            names = replace(USUAL, blinded=blinded, unblinded=unblinded) if services else None
            outcome, run = self._prove(QUICK if quick else TO_FILE, names)
        except (NoCopyError, ServiceEndedError) as refused:
            raise CommandError(str(refused)) from refused
        text = write_report(outcome, run)
        if report is None:
            self.stdout.write(text, ending="")
        else:
            report.touch(mode=0o600)
            report.write_text(text, encoding="utf-8")
        if problems := judge(outcome):
            raise CommandError(" ".join(problems), returncode=1)
        self.stderr.write("No difference was found.")

    def _prove(self, depth: Depth, names: Roles | None) -> tuple[Outcome, Run]:
        began, before, commitments = time.monotonic(), digest_database(), get_commitments()
        with working_on_a_copy(Path(settings.DATA_DIR)), tqdm(unit="question", mininterval=10, disable=None) as bar:
            compare = compare_worlds if names is None else partial(compare_split, names)
            outcome = compare(depth, SystemRandom(), bar.update)
        return outcome, Run(
            database=connection.vendor,
            services=1 if names is None else 2,
            patients=Patient.objects.count(),
            seconds=time.monotonic() - began,
            memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            digest_before=before,
            digest_after=digest_database(),
            commitments=commitments,
        )
