"""A service of an installation whose sides are kept apart, as a process of its own: it has the environment of the one or of the other side."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from trialsite.lib.options import ALLOCATION_KEY, BACKUP_KEY, BLINDED, SERVES
from trialsite.proof.asking import Answer, Question

ROOT = Path(__file__).parents[2]
PROGRAM = (
    "import sys, django; django.setup(); from trialsite.proof.answering import answer_on; answer_on(int(sys.argv[1]))"
)


class ServiceEndedError(Exception):
    """A service could not start with its environment, or broke off."""


class Service:
    """A process that answers. `at_home` names those of the people to whom it opens its pages; the others are signed in as well."""

    def __init__(self, line: Connection, moment: datetime, accounts: Mapping[str, UUID]) -> None:
        self._line = line
        self.at_home: frozenset[str] = self._exchange((moment, dict(accounts)))

    def ask(self, question: Question) -> Answer:
        answer: Answer = self._exchange(question)
        return answer

    def hold(self, arms: Any) -> None:
        """Tell how the arms were exchanged: from now on the lists look in public there as before."""
        self._line.send(arms)

    def end(self) -> None:
        self._line.send(None)

    def _exchange(self, said: object) -> Any:
        try:
            self._line.send(said)
            return self._line.recv()
        except (EOFError, OSError) as error:
            raise ServiceEndedError("A service that was asked has ended; why, it said above.") from error


@contextmanager
def served(environment: Mapping[str, str], moment: datetime, accounts: Mapping[str, UUID]) -> Iterator[Service]:
    """A service with this environment, and with the program where it lies; these accounts are signed in, and it is always `moment`."""
    mine, theirs = Pipe()
    arguments = [sys.executable, "-c", PROGRAM, str(theirs.fileno())]
    around = {**environment, "PYTHONPATH": str(ROOT)}
    # Every word comes from here.
    with mine, subprocess.Popen(arguments, env=around, pass_fds=[theirs.fileno()]) as process:  # noqa: S603
        theirs.close()
        try:
            service = Service(mine, moment, accounts)
            yield service
            service.end()
        finally:
            mine.close()
            process.terminate()


def as_served(environment: Mapping[str, str], side: str, database: str, role: str) -> dict[str, str]:
    """This environment as that of one side: on `database` as `role`, of which the role of this process must be a member, and without the
    keys where blinded people are served.
    """
    hidden = {name for key in (ALLOCATION_KEY, BACKUP_KEY) for name in (key.name, f"{key.name}_FILE")}
    kept = {name: value for name, value in environment.items() if side != BLINDED or name not in hidden}
    address = urlsplit(environment["DATABASE_URL"])
    query = "&".join(part for part in (address.query, f"options={quote(f'-c role={role}')}") if part)
    there = address._replace(path=f"/{quote(database)}", query=query).geturl()
    return {**kept, SERVES.name: side, "DATABASE_URL": there}
