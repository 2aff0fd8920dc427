"""The fixed cast: one person per role, all of the site UB, and a coordinator of the site XX.

Ask for a person by role (`coordinator`) and for a browser with `sign_in(coordinator)`.
"""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client

from trialsite.accounts.models import User
from trialsite.accounts.roles import ALL_SITES, Instrument, Role
from trialsite.accounts.sessions import SessionStore
from trialsite.protocol.current import get_protocol

SITE, OTHER_SITE = "UB", "XX"
PASSWORD = "a long enough phrase"
SignIn = Callable[[User], Client]
TRAINED = {"on": "9000-01-01", "evidence": "a certificate", "by": "admin"}  # tests hold the clock at any moment


def make_user(username: str, *roles: Role, site: str = SITE) -> User:
    """A person who may sign in with PASSWORD."""
    return User.objects.create_user(
        username,
        PASSWORD,
        full_name=f"The {username.replace('_', ' ')}",
        roles=sorted(roles),
        site_codes=[] if set(roles) <= ALL_SITES else [site],
        instruments=list(Instrument) if Role.ASSESSOR in roles else [],
        training={course.key: {**TRAINED, "version": course.version} for course in get_protocol().accounts.training},
    )


@pytest.fixture
def coordinator(db: None) -> User:
    return make_user("coordinator", Role.COORDINATOR)


@pytest.fixture
def other_coordinator(db: None) -> User:
    """A coordinator who must see nothing of site UB."""
    return make_user("other_coordinator", Role.COORDINATOR, site=OTHER_SITE)


@pytest.fixture
def investigator(db: None) -> User:
    return make_user("investigator", Role.INVESTIGATOR)


@pytest.fixture
def assessor(db: None) -> User:
    """Rates every instrument."""
    return make_user("assessor", Role.ASSESSOR)


@pytest.fixture
def operator(db: None) -> User:
    return make_user("operator", Role.OPERATOR)


@pytest.fixture
def monitor(db: None) -> User:
    return make_user("monitor", Role.MONITOR)


@pytest.fixture
def data_manager(db: None) -> User:
    return make_user("data_manager", Role.DATA_MANAGER)


@pytest.fixture
def statistician(db: None) -> User:
    return make_user("statistician", Role.STATISTICIAN)


@pytest.fixture
def admin(db: None) -> User:
    return make_user("admin", Role.ADMIN)


@pytest.fixture
def cast(
    coordinator: User,
    investigator: User,
    assessor: User,
    operator: User,
    monitor: User,
    data_manager: User,
    statistician: User,
    admin: User,
) -> dict[Role, User]:
    """Everybody of site UB, by role."""
    people = (coordinator, investigator, assessor, operator, monitor, data_manager, statistician, admin)
    return {Role(user.roles[0]): user for user in people}


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """Give a browser in which this person is signed in; each call is a browser of its own."""
    return open_browser


def open_browser(user: User) -> Client:
    return browser_of(open_session(user))


def open_session(user: User) -> str:
    """The key of a session as the sign-in page leaves it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "trialsite.accounts.backend.PeopleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def browser_of(session_key: str) -> Client:
    """A new browser that holds the cookie of this session."""
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session_key
    return browser
