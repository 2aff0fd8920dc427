"""A browser without a screen: keeps its cookies, reads the form of a page, and sends it with everything that stands in it."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.faults.product import HOST
from tests.robust.page import Element, read_page, values_of

PATIENCE_S = 60
Fields = dict[str, list[str]]


class NoAnswerError(Exception):
    """The line broke: whether what was sent has been stored nobody knows."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def page(self) -> Element:
        return read_page(self.body)

    @property
    def is_bare(self) -> bool:
        """An error without words: no page of ours with a heading."""
        return self.status >= 500 and b"<h1" not in self.body


class Browser:
    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"")

    def post(self, path: str, fields: Fields, *, hangs_up: bool = False) -> Answer:
        """Send a form. Who hangs up sends all of it and never hears the answer."""
        return self._ask("POST", path, urlencode(fields, doseq=True).encode(), hangs_up=hangs_up)

    def sign_in(self, username: str, password: str) -> Answer:
        fields = values_of(self.get("/sign-in/").page)
        return self.post("/sign-in/", fields | {"username": [username], "password": [password]})

    def _ask(self, method: str, path: str, body: bytes, *, hangs_up: bool = False) -> Answer:
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body or None, self._headers(body))
            if hangs_up:
                raise NoAnswerError
            found = connection.getresponse()
            answer = Answer(found.status, dict(found.getheaders()), found.read())
            self._keep(found.headers.get_all("Set-Cookie") or [])
        except (OSError, HTTPException) as error:
            raise NoAnswerError from error
        finally:
            connection.close()
        return answer

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{HOST}:{self.port}"}
        return headers

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
