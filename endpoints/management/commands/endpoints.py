from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from endpoints.document.document import encode_document, write_document
from endpoints.facts import TrialFacts
from endpoints.management.reading import read_database, read_files
from endpoints.management.writing import replace_file
from endpoints.readers import name_files, render_facts
from trialsite.protocol.current import get_protocol


class Command(BaseCommand):
    help = (
        "Compute every number of the analysis plan, from CSV files or from the stored trial, as JSON; or write the stored trial as CSV files."
        ' Undefined numbers are null, infinite ones "Inf" or "-Inf". What is wrong with a file is said with its line and column, and then'
        " nothing is computed or written. The stored trial is read by arm: for the statistician, with the password, and it is kept in the trail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--from-csv", type=Path, metavar="DIR", help="read a data set from this folder")
        source.add_argument("--from-database", action="store_true", help="read the stored trial")
        source.add_argument("--write-csv", type=Path, metavar="DIR", help="write the stored trial into this folder")
        parser.add_argument("--name", metavar="SET", help="the data set: SET.csv, SET_ae.csv, SET_relapses.csv")
        parser.add_argument("--json", metavar="OUT", help="write the numbers to this file; - for standard output")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="the statistician who reads the arms")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write_csv"] is not None:
            self._write_csv(options["write_csv"], options["name"], options["username"])
            return
        if options["json"] is None:
            raise CommandError("Say where the numbers go: --json OUT, or --json - for standard output.")
        facts = self._read(options)
        text = encode_document(write_document(facts))
        if options["json"] == "-":
            self.stdout.write(text, ending="")
            return
        replace_file(Path(options["json"]), text)
        self.stderr.write(f"{count_patients(facts)}: every number of the plan is in {options['json']}.")

    def _read(self, options: dict[str, Any]) -> TrialFacts:
        if options["from_csv"] is not None:
            read = read_files(options["from_csv"], options["name"])
            self._tell(read.notes)
            return read.facts
        assembled = read_database(options["username"], "Command endpoints, numbers as JSON")
        self._tell(assembled.notes)
        return check_patients(assembled.facts)

    def _write_csv(self, folder: Path, name: str | None, username: str | None) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder. Make it first.")
        assembled = read_database(username, "Command endpoints, facts as CSV")
        self._tell(assembled.notes)
        facts = check_patients(assembled.facts)
        files = name_files(name or get_protocol().key)
        for table, text in render_facts(facts).items():
            replace_file(folder / files[table], text)
        self.stderr.write(f"{count_patients(facts)} in {folder}: {', '.join(files.values())}.")

    def _tell(self, notes: Iterable[str]) -> None:
        for note in notes:
            self.stderr.write(note)


def check_patients(facts: TrialFacts) -> TrialFacts:
    if not facts.subjects:
        raise CommandError("Nobody is analyzed yet: no procedure was begun.")
    return facts


def count_patients(facts: TrialFacts) -> str:
    number = len(facts.subjects)
    return f"{number} patient{'s' * (number != 1)}"
