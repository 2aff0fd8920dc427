"""What every page shows at its head: where one can go, who one is, and which trial this is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from trialsite.accounts.models import User
from trialsite.accounts.page_mark import mark_page
from trialsite.accounts.roles import Permission
from trialsite.accounts.serves import is_served
from trialsite.accounts.training import say_ending, say_lacking
from trialsite.protocol.current import get_protocol

# (words, URL name, the permissions of which one is needed: none for everyone signed in)
_PLACES: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    ("Home", "home", ()),
    ("Patients", "patients", (Permission.VIEW_PATIENTS,)),
    ("Worklist", "worklist", (Permission.VIEW_WORKLIST,)),
    ("Queries", "queries", (Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)),
    ("Reports", "reports", (Permission.VIEW_POOLED_REPORTS,)),
    ("My files", "files", (Permission.VIEW_PATIENTS, Permission.VIEW_WORKLIST)),
    ("Locks", "locks", (Permission.FREEZE_DATA,)),
    ("Release", "release", (Permission.CONFIRM_RELEASE,)),
    ("Code break", "code_breaks", (Permission.BREAK_CODE,)),
    ("Code breaks", "code_break_register", (Permission.MANAGE_ALLOCATION_LIST,)),
    ("Messages", "unblinded_messages", (Permission.VIEW_RESTRICTED_RECORDS,)),
    ("Who knows", "who_knows", (Permission.MANAGE_ALLOCATION_LIST,)),
    ("Allocation", "allocation", (Permission.MANAGE_ALLOCATION_LIST,)),
    ("Audit trail", "trail", (Permission.VIEW_TRIAL_AUDIT,)),
    ("Users", "accounts:users", (Permission.MANAGE_USERS,)),
)
# Addresses of pages that lie behind a place without beginning with its own address.
_BEHIND: dict[str, tuple[str, ...]] = {
    "patients": ("/visits/", "/history/", "/forms/"),
    "worklist": ("/visits/", "/history/"),
    "queries": ("/checks/", "/raters/"),
    "files": ("/listing/",),
}
# Pages that have a story of their own in the audit trail: URL name -> (words, URL name of the story, its arguments).
_STORIES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "casebook": ("Audit trail", "patient_trail", ("patient_id",)),
    "visit": ("Audit trail", "visit_trail", ("visit_id",)),
    "record_history": ("Audit trail", "form_trail", ("key", "record_id")),
}
# Pages that can be printed, in the same way.
_PRINTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "casebook": ("Print", "print_casebook", ("patient_id",)),
    "patients": ("Blank forms for paper", "blank_forms", ()),
    "files": ("Blank forms for paper", "blank_forms", ()),
    "reports": ("All reports in one file", "whole_report", ()),
    "snapshot": ("All its reports in one file", "whole_report_of_snapshot", ("snapshot_id",)),
}


@dataclass(frozen=True, slots=True)
class Place:
    label: str
    url: str
    is_here: bool


def page_head(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the navigation and the identity line."""
    protocol = get_protocol()
    user = getattr(request, "user", None)
    signed_in = user if isinstance(user, User) else None
    return {
        "trial": {"acronym": protocol.acronym, "title": protocol.title, "registry": protocol.registry},
        "is_demo": settings.IS_DEMO,
        "places": _places(request, signed_in) if signed_in else [],
        "story": _beside(request, signed_in, _STORIES) if signed_in else None,
        "print": _beside(request, signed_in, _PRINTS) if signed_in else None,
        "listing_url": reverse("listing") if signed_in and signed_in.may(Permission.TAKE_LISTING) else "",
        "identity": _identity(signed_in) if signed_in else None,
        "is_at_home": signed_in is not None and is_served(settings.SERVES, signed_in.role_set),
        "training_lacking": say_lacking(signed_in) if signed_in else [],
        "training_ending": say_ending(signed_in) if signed_in else [],
        "idle_minutes": settings.IDLE_MINUTES,
        "page_mark": mark_page(signed_in) if signed_in else "",
    }


def _places(request: HttpRequest, user: User) -> list[Place]:
    allowed = [
        (label, name)
        for label, name, wanted in _PLACES
        if (not wanted or any(map(user.may, wanted))) and is_served(settings.SERVES, user.role_set, wanted)
    ]
    return [_place(request.path, label, name) for label, name in allowed]


# Places have the same address as long as the service runs, and every page names ten of them.
_address = cache(reverse)


def _place(path: str, label: str, name: str) -> Place:
    url = _address(name)
    return Place(label, url, path == url if url == "/" else path.startswith((url, *_BEHIND.get(name, ()))))


def _beside(request: HttpRequest, user: User, known: Mapping[str, tuple[str, str, tuple[str, ...]]]) -> Place | None:
    """Where the story of what this page shows is told, or where it is printed."""
    here = request.resolver_match
    if here is None or here.url_name is None or here.url_name not in known or not user.may(Permission.VIEW_PATIENTS):
        return None
    label, name, arguments = known[here.url_name]
    return Place(
        label, reverse(name, kwargs={argument: here.kwargs[argument] for argument in arguments}), is_here=False
    )


def _identity(user: User) -> dict[str, str]:
    names = {site.code: site.name for site in get_protocol().sites}
    sites = "all sites" if user.sees_all_sites else ", ".join(names.get(code, code) for code in user.site_codes)
    return {"name": user.full_name, "username": user.username, "role": user.role_label, "sites": sites or "no site"}
