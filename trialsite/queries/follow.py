"""What a save means for the queries of edit checks: they open, close and reopen by themselves, and every check keeps its track record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from trialsite.accounts.actor import SYSTEM, Actor
from trialsite.audit.gate import open_gate
from trialsite.lib.findings import Finding
from trialsite.queries.actions import CheckQuestion, Target, act_on_query, open_query
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


def get_check_queries(patient_id: UUID) -> list[DataQuery]:
    """All that checks ever asked about a patient, closed ones too: they may have to open again."""
    return list(DataQuery._base_manager.filter(patient_id=patient_id, origin=QueryOrigin.CHECK))


def follow_forms(forms: Iterable[JudgedForm], known: Iterable[DataQuery], *, actor: Actor) -> None:
    """Bring the queries of checks in line with the forms as they are stored now. `actor` is who saved."""
    by_check = {(query.record_id, query.check_key): query for query in known}
    steps = [step for form in forms for step in _find_steps(form, by_check)]
    if not steps:
        return
    with open_gate():
        # Always in the same order, so that two saves that touch the same queries wait for each other instead of for ever.
        for step in sorted(steps, key=lambda step: str(step.query_id or "")):
            _take(step, actor)
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


def _take(step: _Step, actor: Actor) -> None:
    asked = step.asked
    if step.query_id is None:
        if step.move is Move.OPEN and asked is not None:
            _open(step.form, asked)
    elif asked is None:
        act_on_query(step.query_id, Act.CLOSE, CAME_RIGHT, actor=SYSTEM, closed_how=ClosedBy.DATA)
    elif step.move is Move.CLOSE_CONFIRMED:
        act_on_query(
            step.query_id,
            Act.CLOSE,
            asked.answer,
            actor=actor,
            closed_how=ClosedBy.CONFIRMATION,
            fingerprint=asked.fingerprint,
        )
    elif step.move in (Move.REOPEN, Move.ASK_ANEW):
        act_on_query(step.query_id, Act.REOPEN, asked.finding.message, actor=SYSTEM, fingerprint=asked.fingerprint)


def _open(form: JudgedForm, asked: Asked) -> None:
    finding = asked.finding
    target = _at(form, finding)
    open_query(
        target, finding.message, actor=SYSTEM, check=CheckQuestion(key=finding.key, fingerprint=asked.fingerprint)
    )


def _at(form: JudgedForm, finding: Finding) -> Target:
    whole = form.target
    if finding.field not in form.labels:
        return whole
    return replace(whole, field=finding.field, field_label=form.labels[finding.field])


def _note_firings(steps: Iterable[_Step], actor: Actor) -> None:
    CheckFiring.objects.bulk_create(
        CheckFiring(
            form_key=step.form.target.form_key,
            check_key=step.key,
            kind=kind,
            severity="soft",
            record_id=step.form.target.record_id,
            site_code=step.form.target.site_code,
            actor_username=actor.username,
        )
        for step in steps
        for kind in _FIRINGS[step.move]
    )


def note_refusals(target: Target, findings: Iterable[Finding], *, actor: Actor) -> None:
    """Keep which hard checks sent a form back. In a transaction of its own: the form was not stored."""
    firings = [
        CheckFiring(
            form_key=target.form_key,
            check_key=finding.key,
            kind=FiringKind.FIRED,
            severity=finding.severity.value,
            record_id=target.record_id,
            site_code=target.site_code,
            actor_username=actor.username,
        )
        for finding in findings
    ]
    if firings:
        with open_gate():
            CheckFiring.objects.bulk_create(firings)
