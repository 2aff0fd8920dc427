"""What a save means for the queries of edit checks: they open, close and reopen by themselves, and every check keeps its track record.

Never of a restricted form: some of its checks ask in one arm only, and rows that appear at a save can be counted by whoever reads none of them
(docs/decisions/0047). Their questions stay on the form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import UUIDField

from trialsite.accounts.actor import SYSTEM, Actor
from trialsite.audit.gate import open_gate
from trialsite.lib.findings import Finding
from trialsite.lib.prepared import Place, Prepared
from trialsite.queries.actions import CheckQuestion, Question, Reply, Target, act_on_queries, open_queries
from trialsite.queries.models import CheckFiring, DataQuery, FiringKind, QueryOrigin
from trialsite.queries.rules import Act, ClosedBy, Move, Standing, State, decide_move
from trialsite.records.judging import Asked

CAME_RIGHT = "The value does not raise this question any more."
_FIRINGS = {
    Move.OPEN: (FiringKind.FIRED,),
    Move.REOPEN: (FiringKind.FIRED,),
    Move.ASK_ANEW: (),
    Move.CLOSE_CONFIRMED: (FiringKind.CONFIRMED,),
    Move.CLOSE_RIGHT: (FiringKind.CHANGED,),
    Move.NOTE_CONFIRMED: (FiringKind.FIRED, FiringKind.CONFIRMED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedForm:
    """A stored form with the questions it raises. `labels`: field -> its label; `was_confirmed`: check -> fingerprint, before this save."""

    target: Target
    asked: Sequence[Asked]
    labels: Mapping[str, str]
    was_confirmed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    form: JudgedForm
    key: str
    move: Move
    asked: Asked | None
    query_id: UUID | None


_CHECK_QUERIES = Prepared(
    lambda: DataQuery._base_manager.filter(
        patient_id=Place("patient", UUIDField()), origin=QueryOrigin.CHECK, is_restricted=False
    )
)


def get_check_queries(patient_id: UUID) -> list[DataQuery]:
    """All that checks of open forms ever asked about a patient, closed ones too: they may have to open again."""
    return _CHECK_QUERIES.ask(patient=patient_id)


def follow_forms(forms: Iterable[JudgedForm], known: Iterable[DataQuery], *, actor: Actor) -> None:
    """Bring the queries of checks in line with the forms as they are stored now, restricted ones left aside. `actor` is who saved."""
    by_check = {(query.record_id, query.check_key): query for query in known}
    steps = [step for form in forms if not form.target.is_restricted for step in _find_steps(form, by_check)]
    if not steps:
        return
    with open_gate():
        open_queries([question for step in steps if (question := _question(step))], actor=SYSTEM)
        act_on_queries([reply for step in steps if (reply := _reply(step, actor))])
        _note_firings(steps, actor)


def _find_steps(form: JudgedForm, by_check: Mapping[tuple[UUID, str], DataQuery]) -> list[_Step]:
    record_id = form.target.record_id
    asked = {one.finding.key: one for one in form.asked}
    settled = [key for found_id, key in by_check if found_id == record_id and key not in asked]
    steps = []
    for key in (*asked, *settled):
        query, one = by_check.get((record_id, key)), asked.get(key)
        move = decide_move(_standing(query), one.fingerprint if one else None, is_answered=bool(one and one.answer))
        if move is None or (one and move is Move.NOTE_CONFIRMED and form.was_confirmed.get(key) == one.fingerprint):
            continue
        steps.append(_Step(form, key, move, one, query.pk if query else None))
    return steps


def _standing(query: DataQuery | None) -> Standing | None:
    if query is None:
        return None
    closed_by = ClosedBy(query.closed_how) if query.closed_how else None
    return Standing(state=State(query.state), closed_by=closed_by, fingerprint=query.fingerprint)


def _question(step: _Step) -> Question | None:
    if step.query_id is not None or step.asked is None or step.move is not Move.OPEN:
        return None
    finding, fingerprint = step.asked.finding, step.asked.fingerprint
    check = CheckQuestion(key=finding.key, fingerprint=fingerprint)
    return Question(target=_at(step.form, finding), text=finding.message, check=check)


def _reply(step: _Step, actor: Actor) -> Reply | None:
    asked = step.asked
    if step.query_id is None:
        return None
    if asked is None:
        return Reply(query_id=step.query_id, act=Act.CLOSE, text=CAME_RIGHT, actor=SYSTEM, closed_how=ClosedBy.DATA)
    if step.move is Move.CLOSE_CONFIRMED:
        return Reply(
            query_id=step.query_id,
            act=Act.CLOSE,
            text=asked.answer,
            actor=actor,
            closed_how=ClosedBy.CONFIRMATION,
            fingerprint=asked.fingerprint,
        )
    if step.move in (Move.REOPEN, Move.ASK_ANEW):
        return Reply(
            query_id=step.query_id,
            act=Act.REOPEN,
            text=asked.finding.message,
            actor=SYSTEM,
            fingerprint=asked.fingerprint,
        )
    return None


def _at(form: JudgedForm, finding: Finding) -> Target:
    whole = form.target
    if finding.field not in form.labels:
        return whole
    return replace(whole, field=finding.field, field_label=form.labels[finding.field])


def _note_firings(steps: Iterable[_Step], actor: Actor) -> None:
    CheckFiring._default_manager.bulk_create(
        _make_firing(step.form.target, step.key, kind, "soft", actor) for step in steps for kind in _FIRINGS[step.move]
    )


def _make_firing(target: Target, check_key: str, kind: FiringKind, severity: str, actor: Actor) -> CheckFiring:
    return CheckFiring(
        form_key=target.form_key,
        check_key=check_key,
        kind=kind,
        severity=severity,
        record_id=target.record_id,
        site_code=target.site_code,
        actor_username=actor.username,
    )


def note_refusals(target: Target, findings: Iterable[Finding], *, actor: Actor) -> None:
    """Keep which hard checks sent a form back, restricted ones left aside. In a transaction of its own: the form was not stored."""
    firings = [_make_firing(target, one.key, FiringKind.FIRED, one.severity.value, actor) for one in findings]
    if firings and not target.is_restricted:
        with open_gate():
            CheckFiring._default_manager.bulk_create(firings)
