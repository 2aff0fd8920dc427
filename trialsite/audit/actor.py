"""Who acts, as plain values: what the trail keeps of a person, independent of the account's later fate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    user_id: str
    username: str
    full_name: str
    roles: str


SYSTEM = Actor(user_id="", username="system", full_name="Trialsite", roles="system")
