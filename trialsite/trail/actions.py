"""Signing that the findings of a period were reviewed, and remarks on entries."""

from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.audit.gate import open_gate
from trialsite.audit.models import AuditEvent
from trialsite.audit.write import Subject, write_event
from trialsite.trail.gather import Review
from trialsite.trail.models import AuditReview, EventRemark
from trialsite.trail.selectors import TrailFilter

REVIEW = "review_trail"


def say_signed(review: AuditReview) -> str:
    """What the trail keeps of a review."""
    return f"{review.from_on} to {review.to_on}: {review.finding_count} findings, SHA-256 {review.digest}."


def sign_review(user: User, wanted: TrailFilter, found: Review, remarks: str) -> AuditReview:
    """Keep who reviewed which findings of a period, with its audit event, or neither. The caller has asked for the password again."""
    if wanted.from_on is None or wanted.to_on is None:
        raise ValueError("a review is of a period")
    actor, is_restricted = actor_of(user), user.may(Permission.VIEW_RESTRICTED_RECORDS)
    made = AuditReview(
        from_on=wanted.from_on,
        to_on=wanted.to_on,
        site_code=wanted.site,
        finding_count=len(found.findings),
        digest=found.digest,
        remarks=remarks,
        is_restricted=is_restricted,
        reviewer_id=actor.user_id,
        reviewer_username=actor.username,
        reviewer_name=actor.full_name,
        reviewer_roles=actor.roles,
    )
    with open_gate():
        subject = Subject(site_code=made.site_code, is_restricted=is_restricted)
        write_event(REVIEW, actor=actor, subject=subject, detail=say_signed(made), reason=remarks)
        made.save(force_insert=True)
    return made


def say_about(about: AuditEvent, text: str) -> str:
    """What the entry of a remark says."""
    return f"About the entry {about.public_id} of {about.at:%Y-%m-%d %H:%M:%S} UTC: {text}"


def add_remark(user: User, about: AuditEvent, text: str) -> EventRemark:
    """Say something about an entry. The entry stays as it is; the remark is an entry of its own, as restricted as the first."""
    subject = Subject(
        site_code=about.site_code,
        patient_id=about.patient_id,
        visit_label=about.visit_label,
        record_kind=about.record_kind,
        record_id=about.record_id,
        is_restricted=about.is_restricted,
    )
    with open_gate():
        remark = write_event("remark", actor=actor_of(user), subject=subject, detail=say_about(about, text))
        return EventRemark.objects.create(remark=remark, about=about, is_restricted=remark.is_restricted, text=text)
