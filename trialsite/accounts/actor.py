"""Who acts, as plain values: what the audit trail keeps of a person, independent of the account's later fate."""

from dataclasses import dataclass

from trialsite.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    user_id: str
    username: str
    full_name: str
    roles: str


SYSTEM = Actor(user_id="", username="system", full_name="Trialsite", roles="system")


def actor_of(user: User) -> Actor:
    return Actor(user_id=str(user.pk), username=user.username, full_name=user.full_name, roles=",".join(sorted(user.roles)))
