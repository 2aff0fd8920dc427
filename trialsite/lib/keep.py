"""What the browser keeps of a form until the server has stored it (see static/js/keep.js)."""

from django.http import HttpRequest


def kept_key(request: HttpRequest) -> str:
    """The name under which the browser keeps what this person types on this page.

    A message that something was stored carries it as its extra tag; the next page tells the browser, which forgets.
    """
    return f"{request.user.pk}:{request.path}"
