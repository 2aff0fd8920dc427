"""What the browser keeps of a form until the server has stored it (see static/js/keep.js)."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def kept_key(request: HttpRequest) -> str:
    """The name under which the browser keeps what this person types on this page.

    A message that something was stored carries it as its extra tag; the next page tells the browser, which forgets.
    """
    return f"{request.user.pk}:{request.path}"


def kept_secret(request: HttpRequest) -> str:
    """The key, as 64 hexadecimal digits, with which the browser encrypts what this person types on a page that tells arms.

    It comes with the page and stays nowhere: whoever sits at the computer next finds what was kept and not what it says.
    """
    return salted_hmac("trialsite.kept", str(request.user.pk), algorithm="sha256").hexdigest()
