"""Whether signed reviews of the trail, and remarks on its entries, are the ones that the trail tells of."""

from collections import Counter
from collections.abc import Iterator

from trialsite.accounts.verify import Told, find_gone
from trialsite.audit.entries import with_words
from trialsite.audit.models import AuditEvent
from trialsite.audit.verify import Problem
from trialsite.trail.actions import REVIEW, say_about, say_signed
from trialsite.trail.models import AuditReview, EventRemark


def verify_trail_reviews() -> Iterator[Problem]:
    """Each review has one event of the same person that tells the same: period, number of findings, digest, remarks."""
    events = with_words(AuditEvent.objects.filter(action=REVIEW))
    told: Counter[Told] = Counter((event.actor_username, event.detail, event.reason) for event in events)
    for review in AuditReview.objects.order_by("appended_at").iterator():
        key = (review.reviewer_username, say_signed(review), review.remarks)
        if not told[key]:
            place = f"review of the trail by {review.reviewer_name}, {review.appended_at:%Y-%m-%d %H:%M} UTC"
            yield Problem(
                kind="inserted", place=place, sentence="the trail tells of no such review: it was added or altered"
            )
        told[key] -= 1
    yield from find_gone(told, "reviews of the trail")


def verify_remarks() -> Iterator[Problem]:
    """Each remark says what its own entry says, about the entry that it names, and is as restricted."""
    remarks = list(EventRemark.objects.select_related("remark", "about").order_by("pk"))
    with_words(remark.remark for remark in remarks)
    for remark in remarks:
        told = (remark.remark.detail, remark.remark.is_restricted)
        if told != (say_about(remark.about, remark.text), remark.is_restricted):
            place = f"remark on the entry {remark.about.public_id}"
            yield Problem(kind="altered", place=place, sentence="its entry in the trail says something else")
    events = AuditEvent.objects.filter(action="remark").exclude(pk__in=EventRemark.objects.values("remark_id"))
    for event in events.order_by("pk"):
        yield Problem(
            kind="deleted", place=f"remark {event.public_id}", sentence="the trail tells of it, and it is gone"
        )
