"""Whether signed reviews of access, and recorded trainings, are the ones that the trail tells of."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from trialsite.accounts.models import AccessReview, User
from trialsite.accounts.review import ACTION, digest_lines, say_signed
from trialsite.accounts.selectors import ACCOUNT
from trialsite.accounts.training import FIELD, say_kept
from trialsite.audit.models import AuditEntry, AuditEvent
from trialsite.audit.verify import Problem
from trialsite.audit.write import to_text

Told = tuple[str, str, str]


def verify_access_reviews() -> Iterator[Problem]:
    """Each review gives its digest, and has one event of the same person that tells the same."""
    events = AuditEvent.objects.filter(action=ACTION).values_list("actor_username", "detail", "reason")
    told: Counter[Told] = Counter(events)
    for review in AccessReview.objects.order_by("appended_at").iterator():
        place = f"access review of {review.appended_at:%Y-%m-%d %H:%M} UTC"
        if digest_lines(review.lines) != review.digest:
            yield Problem(
                kind="altered",
                place=place,
                sentence="its accounts and decisions do not give the digest that was signed",
            )
        key = (review.reviewer_username, say_signed(review), review.remarks)
        if not told[key]:
            yield Problem(kind="inserted", place=place, sentence="the trail tells of no such review")
        told[key] -= 1
    yield from find_gone(told, "access reviews")


def find_gone(told: Counter[Any], what: str) -> Iterator[Problem]:
    """What the trail tells of more often than it is stored."""
    for (username, detail, *_), count in told.items():
        if count > 0:
            sentence = f'the trail tells of "{detail}" by {username}, and it is gone or was altered'
            yield Problem(kind="deleted", place=what, sentence=sentence)


def verify_training() -> Iterator[Problem]:
    """What stands on each account is the last that the trail tells of it."""
    entries = AuditEntry.objects.filter(event__record_kind=ACCOUNT, field__startswith=FIELD).order_by("id")
    told: dict[tuple[UUID, str], str] = {
        (record, field.removeprefix(FIELD)): new
        for record, field, new in entries.values_list("record_id", "field", "new")
    }
    known = set(AuditEvent.objects.filter(record_kind=ACCOUNT).order_by().values_list("record_id", flat=True))
    for user in User.objects.order_by("username").iterator():
        for course, kept in user.training.items():
            last = told.pop((user.pk, course), None)
            if (
                last is not None or user.pk in known
            ):  # an account that the trail does not know at all was made by a command
                yield from _compare_training(f"training {course} of {user.username}", kept, last)
    for record, course in told:
        sentence = "the trail tells of it, and the account lacks it"
        yield Problem(kind="deleted", place=f"training {course} of account {record}", sentence=sentence)


def _compare_training(place: str, kept: Mapping[str, Any], last: str | None) -> Iterator[Problem]:
    if last is None:
        yield Problem(kind="inserted", place=place, sentence="the trail tells of no such training")
    elif last != to_text(say_kept(kept)):
        yield Problem(kind="altered", place=place, sentence=f"the trail tells of {last}")
