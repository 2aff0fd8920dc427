"""Two admins at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.cast import make_user
from trialsite.accounts.actions import RefusedError, deactivate_user
from trialsite.accounts.actor import actor_of
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role


def end_each_other(start: Barrier) -> Callable[[tuple[User, User]], bool]:
    def act(pair: tuple[User, User]) -> bool:
        actor, other = pair
        start.wait()
        try:
            deactivate_user(other, actor=actor_of(actor), reason="a quarrel")
        except RefusedError:
            return False
        finally:
            connection.close()
        return True

    return act


@pytest.mark.django_db(transaction=True)
def test_admins_who_deactivate_each_other_leave_one() -> None:
    ann, ben = make_user("ann", Role.ADMIN), make_user("ben", Role.ADMIN)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(end_each_other(Barrier(2)), [(ann, ben), (ben, ann)]))
    assert sorted(done) == [False, True]
    assert User.objects.filter(is_active=True).count() == 1
