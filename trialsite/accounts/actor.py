"""An account as the actor of an audit event."""

from trialsite.accounts.models import User
from trialsite.audit.actor import SYSTEM, Actor

__all__ = ["SYSTEM", "Actor", "actor_of"]


def actor_of(user: User) -> Actor:
    return Actor(
        user_id=str(user.pk), username=user.username, full_name=user.full_name, roles=",".join(sorted(user.roles))
    )
