"""Leaks as somebody could build them in without noticing; each depends on an arm, or on what only unblinded people enter."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.http import Http404

from enrollment.models import Patient
from enrollment.vault.lists import open_slot
from enrollment.vault.models import Draw
from enrollment.views import patients as patients_page
from trialsite.accounts.access import requires
from trialsite.audit.models import AuditEvent
from trialsite.jobs import work
from trialsite.proof.asking import Question
from trialsite.trail import exports
from trialsite.trail.views import trail as trail_page
from visits.models import Intervention
from visits.urls import urlpatterns

Patch = pytest.MonkeyPatch
Change = Callable[[Any, Any], None]
PATTERNS: list[Any] = list(urlpatterns)
PATIENTS = (Question("coordinator", "get", "/patients/"),)


def arm_by_patient() -> dict[UUID, str]:
    """Who got what, in the order of their ids."""
    draws = Draw.objects.select_related("slot__stratum").order_by("patient_id")
    return {draw.patient_id: open_slot(draw.slot.stratum.list_id, draw.slot).arm for draw in draws}


def arms() -> str:
    return "-".join(arm_by_patient().values())


def count_up() -> int:
    """A number that goes with the places of the arms, another one for each order: how many have sham is the same in both worlds."""
    return sum(2**place for place, arm in enumerate(arms().split("-")) if arm == "sham")


_NUMBERS: dict[str, int] = {}


def number_of(order: str) -> int:
    """Which order of arms this is, as they were met: a small number, and never the same for two."""
    return _NUMBERS.setdefault(order, len(_NUMBERS))


@dataclass(frozen=True)
class Plant:
    """A leak: how it is built in, which part of an answer tells of it, and which questions show it."""

    name: str
    build: Callable[[Patch], None]
    part: str
    asked: tuple[Question, ...] = PATIENTS


def on_answer(change: Change) -> Callable[[Patch], None]:
    """Something that happens to every answer on its way out."""

    def build(patch: Patch) -> None:
        original = BaseHandler.get_response

        def leaking(handler: Any, request: Any) -> Any:
            answer = original(handler, request)
            change(request, answer)
            return answer

        patch.setattr(BaseHandler, "get_response", leaking)

    return build


def swap(answer: Any, old: str, new: str) -> None:
    assert old.encode() in answer.content, f"{old} is not in the page"
    answer.content = answer.content.replace(old.encode(), new.encode(), 1)


def set_header(answer: Any, name: str, value: str) -> None:
    answer[name] = value


def read_more(request: Any, answer: Any) -> None:
    """One statement more, or with other rows, as something hidden wants it."""
    for _ in range(Intervention.objects.filter(status="complete").count()):
        Patient.objects.exists()


def read_other_rows(request: Any, answer: Any) -> None:
    list(Draw.objects.filter(patient__in=[key for key, arm in arm_by_patient().items() if arm == "sham"][:1]))
    list(AuditEvent.objects.filter(is_restricted=True)[:1000])


def tell_last_activity(request: Any, answer: Any) -> None:
    """When somebody last wrote about a procedure, whoever it was: one that is there in both worlds, so that the moment alone differs."""
    last = Intervention.objects.order_by("-pk").values_list("changed_at", flat=True)
    swap(answer, "</main>", f"{next(iter(last)):%Y-%m-%d}</main>")


def tell_who_was_active(request: Any, answer: Any) -> None:
    """Everybody who wrote something, also those who wrote restricted forms only."""
    active = AuditEvent.objects.order_by("actor_name").filter(record_kind__startswith="visits.intervention")
    swap(answer, "</main>", f"{list(active.values_list('actor_name', flat=True).distinct())}</main>")


def tell_what_is_late(request: Any, answer: Any) -> None:
    """A mark that counts days from the moment of the operator's form, of one that is there in both worlds."""
    form = Intervention.objects.order_by("-pk").values("recorded_at", "visit__visited_on")[0]
    swap(answer, "</main>", f"{(form['recorded_at'].date() - form['visit__visited_on']).days} days late</main>")


def share_fragment(request: Any, answer: Any) -> None:
    """A part of a page that is kept for everybody, filled by whoever may see it first."""
    if request.user.is_authenticated and request.user.roles == ["statistician"]:
        cache.set("fragment", arms())
    answer.content += str(cache.get("fragment", "")).encode()


def log_arms(request: Any, answer: Any) -> None:
    logging.getLogger("trialsite.jobs").info("The rooms are %s", arms())


def mail_arms(request: Any, answer: Any) -> None:
    mail.send_mail(f"Patient of {arms()}", "See the casebook.", None, ["monitor@example.org"])


def sort_by_arm(patch: Patch) -> None:
    """The register in the order of a hidden column."""

    def sorted_by_arm(user: Any, search: Any) -> Any:
        known = arm_by_patient()
        return sorted(Patient.objects.order_by("number"), key=lambda patient: known.get(patient.pk, ""))

    patch.setattr(patients_page, "search_patients", sorted_by_arm)


def filter_by_arm(request: Any, answer: Any) -> None:
    """A filter that no page offers."""
    wanted = request.GET.get("arm")
    answer.content += " ".join(str(key) for key, arm in arm_by_patient().items() if arm == wanted).encode()


def add_column(patch: Patch) -> None:
    """The arm of a patient beside each event in the export of the trail."""
    original, group = exports._describe, arms()
    patch.setattr(exports, "_describe", lambda event, line: {**original(event, line), "group": group})


def show_restricted_events(patch: Patch) -> None:
    """The page of the trail asks for every event, and shows what is restricted first."""
    patch.setattr(
        trail_page, "narrow_events", lambda user, wanted: AuditEvent.objects.order_by("-is_restricted", "-at")
    )


def forbid(patch: Patch) -> None:
    """403 instead of 404 where there is something to forbid."""

    @requires()
    def restricted_form(request: Any, visit_id: UUID, key: str) -> Any:
        if Intervention.objects.filter(visit=visit_id).exists():
            raise PermissionError
        raise Http404

    patch.setattr(next(one for one in PATTERNS if one.name == "restricted_form"), "callback", restricted_form)


def rename_file(patch: Patch) -> None:
    """A file that people asked for, with the arms in its name."""
    original = work._finish

    def finish(job: Any, order: Any, made: Any, *measured: Any) -> None:
        job.problem = arms()
        original(job, order, made, *measured)

    patch.setattr(work, "_finish", finish)


def plants(visit_id: UUID) -> list[Plant]:
    """All of them. `visit_id` is that of a procedure whose restricted form is not there in the other world."""
    number = Patient.objects.order_by("number").values_list("number", flat=True)[0]
    restricted = Question("coordinator", "get", f"/visits/{visit_id}/restricted/intervention/")
    exported = Question("monitor", "post", "/trail/export/", (("file_format", ("jsonl",)), ("patient", (number,))))
    listing = Question("monitor", "post", "/listing/", (("site", ("",)),))
    refused = Question("coordinator", "post", "/patients/register/")
    statistician = Question("statistician", "get", "/trail/")
    return [
        Plant("a column in an export", add_column, "body", (exported,)),
        Plant(
            "a count",
            on_answer(lambda _, answer: swap(answer, "</main>", f"{count_up()}</main>")),
            "body",
        ),
        Plant("a sort by a hidden column", sort_by_arm, "body"),
        Plant(
            "a filter that answers to the word of an arm",
            on_answer(filter_by_arm),
            "body",
            (Question("coordinator", "get", "/patients/?arm=sham"),),
        ),
        Plant("a header", on_answer(lambda _, answer: set_header(answer, "X-Room", arms())), "headers"),
        Plant("an entity tag", on_answer(lambda _, answer: set_header(answer, "ETag", str(hash(arms())))), "headers"),
        Plant("a cookie", on_answer(lambda _, answer: answer.set_cookie("room", arms())), "headers"),
        Plant("a line of the log", on_answer(log_arms), "lines"),
        Plant("an extra row in the trail", show_restricted_events, "body", (Question("monitor", "get", "/trail/"),)),
        Plant(
            "the words of a refusal",
            on_answer(lambda _, answer: swap(answer, "</main>", f"Stock: {arms()}</main>")),
            "body",
            (refused,),
        ),
        Plant("another number of statements", on_answer(read_more), "statements"),
        Plant("the same statements that find more", on_answer(read_other_rows), "rows"),
        Plant("the subject of a mail", on_answer(mail_arms), "lines"),
        Plant(
            "a bar that counts the operator's forms",
            on_answer(
                lambda _, answer: swap(answer, "</main>", f"<progress value={Intervention.objects.count()}></main>")
            ),
            "body",
        ),
        Plant("when something was last done", on_answer(tell_last_activity), "body"),
        Plant("who was active", on_answer(tell_who_was_active), "body"),
        Plant("a mark of being late", on_answer(tell_what_is_late), "body"),
        Plant("another refusal where there is something", forbid, "status", (restricted,)),
        Plant("an arm in the title", on_answer(lambda _, answer: swap(answer, "<title>", f"<title>{arms()}")), "body"),
        Plant(
            "a class for the style sheet",
            on_answer(lambda _, answer: swap(answer, "<body", f'<body data-x="{arms()}"')),
            "body",
        ),
        Plant("a fragment kept for everybody", on_answer(share_fragment), "body", (statistician, *PATIENTS)),
        Plant(
            "the name of a download",
            on_answer(lambda _, answer: set_header(answer, "Content-Disposition", f'attachment; filename="{arms()}"')),
            "headers",
            (exported,),
        ),
        Plant("what is said of a made file", rename_file, "file", (listing,)),
        Plant(
            "one blank more",
            on_answer(lambda _, answer: swap(answer, "</html>", "</html>" + " " * number_of(arms()))),
            "body",
        ),
        Plant(
            "where one is sent",
            on_answer(lambda _, answer: set_header(answer, "Location", f"/?{arms()}")),
            "headers",
            (Question("nobody", "get", "/patients/"),),
        ),
    ]
