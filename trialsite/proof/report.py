"""The report of a proof, as text that can be printed, signed and filed."""

from collections.abc import Iterator
from dataclasses import dataclass

from enrollment.models import ListCommitment
from trialsite.lib import clock
from trialsite.lib.version import get_source_digest, get_version
from trialsite.proof.people import KNOWING
from trialsite.proof.worlds import Outcome
from trialsite.protocol.current import get_protocol

HELD = "The published digests of the lists, which follow from the arms, were held as well."


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the proof went: how many processes were asked, seconds, the most memory in MiB, the digests of the original before and after."""

    database: str
    services: int
    patients: int
    seconds: float
    memory_mib: float
    digest_before: str
    digest_after: str
    commitments: tuple[str, ...]


def get_commitments() -> tuple[str, ...]:
    """The published digests of the lists, as they stand in the original."""
    return tuple(ListCommitment.objects.order_by("phase_number").values_list("sha256", flat=True))


def judge(outcome: Outcome) -> list[str]:
    """Every reason why the blind is not proven; empty when it is."""
    problems = [f"{outcome.differing} questions were answered differently."] if outcome.differing else []
    if broken := sum(n for statuses in outcome.views.values() for status, n in statuses.items() if status >= 500):
        problems.append(f"{broken} questions were answered by an error of the server, which tells nothing.")
    if outcome.twin is not None and outcome.twin.arms.drawn and not outcome.twin.arms.changed:
        problems.append("No drawn patient got another arm: there are too few, or one arm only.")
    if not sum(outcome.seen_by.values()):
        problems.append(
            "Not even the people who may know arms found a difference: nothing was compared that could tell one."
        )
    return problems


def write_report(outcome: Outcome, run: Run) -> str:
    return "".join(f"{line}\n" for line in _lines(outcome, run))


def _lines(outcome: Outcome, run: Run) -> Iterator[str]:
    protocol, problems = get_protocol(), judge(outcome)
    yield "Proof of the blind"
    yield ""
    yield f"Result: {'NOT PROVEN' if problems else 'no difference found'}"
    yield from (f"  {problem}" for problem in problems)
    yield ""
    yield f"Made at          {clock.now():%Y-%m-%d %H:%M:%S} UTC"
    yield f"Trialsite        {get_version()}, source {get_source_digest()}"
    yield f"Protocol         {protocol.key} {protocol.version}, SHA-256 {protocol.digest}"
    yield from (f"List commitment  {digest}" for digest in run.commitments)
    yield f"Database         {run.database}, {run.patients} patients"
    yield "Asked            " + (
        "one process that serves everybody"
        if run.services == 1
        else "two processes, each with the role and the keys of its side"
    )
    yield f"Took             {run.seconds:.0f} s, at most {run.memory_mib:.0f} MiB of memory"
    yield f"Original before  {run.digest_before}"
    yield f"Original after   {run.digest_after}" + (
        "" if run.digest_before == run.digest_after else "  (other people wrote meanwhile)"
    )
    yield ""
    yield from _worlds(outcome)
    yield from _asked(outcome)
    yield from _differences(outcome)


def _worlds(outcome: Outcome) -> Iterator[str]:
    if outcome.twin is None:
        return
    arms = outcome.twin.arms
    yield f"In the other world {arms.changed} of {arms.drawn} drawn patients have another arm of their stratum."
    for label in sorted(outcome.twin.taken_away.keys() | outcome.twin.changed.keys()):
        gone, other = outcome.twin.taken_away.get(label, 0), outcome.twin.changed.get(label, 0)
        yield f"  {label}: {gone} rows are not there, {other} say something else"
    told = ", ".join(f"{label} {n}" for label, n in sorted(outcome.twin.moved.items()))
    yield f"Written at other moments and by other people there: {told}"
    yield f"The same in both: everything that blinded people may see. {HELD}"
    yield ""


def _asked(outcome: Outcome) -> Iterator[str]:
    yield f"Compared: {sum(outcome.questions.values())} questions, {outcome.size} bytes of answers; of each status, headers, body, made files,"
    yield "number and words of statements, rows read, lines of the log, mails."
    yield from (f"  as {person}: {n} questions" for person, n in sorted(outcome.questions.items()))
    yield "People who may know arms found answers that differ: " + ", ".join(
        f"{role} {outcome.seen_by[str(role)]}" for role in KNOWING
    )
    yield ""
    yield "Addresses, and how often they answered with which status"
    for view, statuses in sorted(outcome.views.items()):
        told = ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items()))
        yield f"  {view or '(no address of the product)'}  {told}"


def _differences(outcome: Outcome) -> Iterator[str]:
    if outcome.differences:
        yield ""
        yield f"Differences, the first {len(outcome.differences)} (this part may tell an arm: only unblinded people may read it)"
        yield from (f"  {difference}" for difference in outcome.differences)
