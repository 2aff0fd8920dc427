"""What somebody meets where the vault refuses to open what a page needs: a sentence and what to do, never a server error."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from enrollment.vault.refusal import VaultRefusedError
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission

logger = logging.getLogger(__name__)
Respond = Callable[[HttpRequest], HttpResponse]


class VaultRefusedMiddleware:
    """Who keeps the list reads the reason; anybody else only that the page cannot be shown, and whom to ask."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, VaultRefusedError):
            return None
        logger.error("The vault refused to open what a page needs; the statistician reads why.")
        user = request.user
        keeps_list = isinstance(user, User) and user.may(Permission.MANAGE_ALLOCATION_LIST)
        page = {"reason": str(exception) if keeps_list else ""}
        return render(request, "enrollment/vault_refused.html", page, status=409)
