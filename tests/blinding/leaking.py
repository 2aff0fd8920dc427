"""A leak as a part that every request passes through."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tests.blinding.plants import arms


def name_rooms(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["X-Room"] = arms()
        return response

    return answer
