"""The casebook of one patient for paper, from the question to what the audit trail keeps of the answer."""

from dataclasses import dataclass

from trialsite.accounts.models import User
from trialsite.audit.write import Subject
from trialsite.printing.content import Wanted, read_content
from trialsite.printing.presenters import OnForm, PaperCasebook, present_paper
from trialsite.protocol.model import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A casebook ready to be set, and what the trail says of it."""

    book: PaperCasebook
    subject: Subject
    wanted: Wanted

    @property
    def file_name(self) -> str:
        return f"{self.book.number}-casebook-{self.book.moment:%Y%m%dT%H%M%SZ}"

    def describe(self, form: str) -> str:
        """What was printed; the digest is added by whoever knows the bytes."""
        parts = [("open data queries", self.wanted.with_queries), ("audit trail", self.wanted.with_audit)]
        with_parts = " and ".join(words for words, is_in in parts if is_in)
        tail = f", with {with_parts}" if with_parts else ""
        return f"Casebook as {form}, as of {self.book.moment:%Y-%m-%d %H:%M:%S} UTC{tail}."


def make_paper(user: User, wanted: Wanted, protocol: Protocol, *, on_form: OnForm) -> Paper | None:
    """None where the person may not know of the patient, or there was nothing then."""
    content = read_content(user, wanted, protocol)
    if content is None:
        return None
    book = present_paper(
        content, user, protocol, with_queries=wanted.with_queries, with_audit=wanted.with_audit, on_form=on_form
    )
    patient = content.patient
    subject = Subject(site_code=patient.site_code, patient_id=patient.pk)
    return Paper(book=book, subject=subject, wanted=wanted)
