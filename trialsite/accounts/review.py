"""The periodic review of access: who can do what, what catches the eye, and who signed that they looked."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import AccessReview, User
from trialsite.accounts.rules import AccountUse, flag_account
from trialsite.accounts.selectors import ACCOUNT
from trialsite.accounts.training import say_lacking
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.write import to_text, write_event
from trialsite.lib import clock
from trialsite.protocol.current import get_protocol

KEEP, CHANGE, DEACTIVATE = "keep", "change", "deactivate"
DECISIONS = ((KEEP, "Keep as it is"), (CHANGE, "Change"), (DEACTIVATE, "Deactivate"))
ACTION = "access_reviewed"
_ACCESS = ("roles", "site_codes", "instruments", "is_active")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """One account as it is reviewed. All are plain values, for they are kept as they were shown."""

    id: str
    username: str
    full_name: str
    roles: str
    sites: str
    instruments: str
    last_sign_in: str
    flags: list[str]


def get_last_review() -> AccessReview | None:
    return AccessReview.objects.first()


def due_on(last: AccessReview | None) -> date:
    """The day by which the next review is signed; the first one counts from the first account."""
    first = User.objects.order_by("created_at").values_list("created_at", flat=True).first() if last is None else None
    start = last.appended_at if last else first or clock.now()
    return start.date() + timedelta(days=get_protocol().accounts.review_days)


def list_accounts(reviewer: User, last: AccessReview | None) -> list[ReviewLine]:
    """Every account that can sign in. Three queries, however many they are."""
    since = last.appended_at if last else None
    failures, changed = _count_failures(since), _find_new_access(since)
    users = User.objects.filter(is_active=True).order_by("username")
    return [_line(user, reviewer, failures, changed) for user in users]


def _line(user: User, reviewer: User, failures: Mapping[str, int], changed: Collection[str]) -> ReviewLine:
    use = AccountUse(
        created_on=user.created_at.date(),
        last_sign_in_on=user.last_login.date() if user.last_login else None,
        failures=failures.get(user.username, 0),
        has_new_access=str(user.pk) in changed,
        lacks_training=bool(say_lacking(user)),
        is_own=user.pk == reviewer.pk,
    )
    return ReviewLine(
        id=str(user.pk),
        username=user.username,
        full_name=user.full_name,
        roles=user.role_label,
        sites="all" if user.sees_all_sites else ", ".join(user.site_codes),
        instruments=user.instrument_label,
        last_sign_in=f"{use.last_sign_in_on or 'never'}",
        flags=flag_account(use, clock.today()),
    )


def _count_failures(since: datetime | None) -> dict[str, int]:
    failed = AuditEvent.objects.filter(action="sign_in_failed").order_by()
    failed = failed.filter(at__gt=since) if since else failed
    return dict(failed.values_list("actor_username").annotate(number=Count("id")))


def _find_new_access(since: datetime | None) -> set[str]:
    """The accounts whose roles, sites or instruments changed; at the first review, since they were opened."""
    entries = AuditEntry.objects.filter(field__in=_ACCESS, event__record_kind=ACCOUNT, event__action="account_changed")
    entries = entries.filter(event__at__gt=since) if since else entries
    return {str(record_id) for record_id in entries.values_list("record_id", flat=True).distinct()}


def digest_lines(lines: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of what the page shows."""
    return hashlib.sha256(to_text(list(lines)).encode()).hexdigest()


def as_plain(lines: Sequence[ReviewLine]) -> list[dict[str, Any]]:
    return [asdict(line) for line in lines]


def sign_access_review(
    reviewer: User, lines: Sequence[ReviewLine], decisions: Mapping[str, tuple[str, str]], remarks: str
) -> AccessReview:
    """Keep what was decided about every account: id -> (decision, note). The caller has asked for the password again."""
    actor = actor_of(reviewer)
    kept = [{**asdict(line), "decision": decisions[line.id][0], "note": decisions[line.id][1]} for line in lines]
    made = AccessReview(
        lines=kept,
        digest=digest_lines(kept),
        remarks=remarks,
        reviewer_id=actor.user_id,
        reviewer_username=actor.username,
        reviewer_name=actor.full_name,
        reviewer_roles=actor.roles,
    )
    with open_gate():
        write_event(ACTION, actor=actor, reason=remarks, detail=say_signed(made))
        made.save(force_insert=True)
    return made


def say_signed(review: AccessReview) -> str:
    """What the trail keeps of a review."""
    counts = ", ".join(f"{words.lower()}: {_count(review.lines, key)}" for key, words in DECISIONS)
    return f"{len(review.lines)} accounts; {counts}. SHA-256 {review.digest}."


def _count(kept: Sequence[Mapping[str, Any]], decision: str) -> int:
    return sum(line["decision"] == decision for line in kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A line of a signed review, with what became of its decision: "" where nothing was to be done."""

    line: Mapping[str, Any]
    words: str
    done: str
    is_open: bool


def get_outcomes(review: AccessReview) -> list[Outcome]:
    """What was decided, and whether it was done since. Two queries."""
    after = AuditEvent.objects.filter(record_kind=ACCOUNT, at__gte=review.appended_at).order_by()
    acts = set(after.values_list("record_id", "action"))
    return [_outcome(line, {action for record, action in acts if str(record) == line["id"]}) for line in review.lines]


_SETTLED_BY = {CHANGE: {"account_changed", "account_deactivated"}, DEACTIVATE: {"account_deactivated"}}


def _outcome(line: Mapping[str, Any], acts: Collection[str]) -> Outcome:
    wanted = _SETTLED_BY.get(line["decision"], set())
    is_open = bool(wanted) and not wanted & set(acts)
    done = ("to be done" if is_open else "done") if wanted else ""
    return Outcome(line=line, words=dict(DECISIONS)[line["decision"]], done=done, is_open=is_open)
