"""The second factor: codes of six digits that change every half minute (TOTP, RFC 6238), and recovery codes for a lost device.

A seed is encrypted with the keys of `settings.SECOND_FACTOR_KEYS`; of a recovery code only a digest is kept. A code serves once: the
half minute it belongs to is remembered, and older ones are refused.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from hmac import compare_digest

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from trialsite.accounts.actor import Actor, actor_of
from trialsite.accounts.models import RecoveryCode, SecondFactor, User
from trialsite.accounts.roles import needs_second_factor
from trialsite.audit.gate import open_gate
from trialsite.audit.write import Subject, write_event
from trialsite.lib import clock

STEP_S = 30
TOLERATED_STEPS = 1
"""A device whose clock is half a minute wrong still serves."""
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is taken for something else
_GROUPS, _GROUP = 4, 4
OFFER_S = 15 * 60
"""So long a seed that was offered on a page can be confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A new seed as its page shows it. `token` brings it back encrypted; nothing is stored before it is confirmed."""

    token: str
    seed: str
    picture: str

    @property
    def in_groups(self) -> str:
        return " ".join(self.seed[at : at + 4] for at in range(0, len(self.seed), 4))


def must_set_up(user: User) -> bool:
    """Whether the person can do nothing else before a second factor is set up."""
    return is_required_of(user) and not user.has_second_factor


def is_required_of(user: User) -> bool:
    """Whether the person must have a second factor here. A demonstration asks for none."""
    return settings.REQUIRES_SECOND_FACTOR and needs_second_factor(user.role_set)


def offer(user: User, token: str = "") -> Offer:
    """A new seed, or that of `token` if it is still good."""
    seed = _read_offer(user, token) or pyotp.random_base32()
    kept = _cipher().encrypt_at_time(_tell_offer(user, seed), int(clock.now().timestamp())).decode()
    told = pyotp.TOTP(seed).provisioning_uri(name=user.username, issuer_name="Trialsite")
    picture = segno.make(told, error="m").svg_data_uri(scale=4, border=4, light="#fff", dark="#000")
    return Offer(token=kept, seed=seed, picture=picture)


def set_up(user: User, token: str, code: str) -> list[str] | None:
    """Store the seed of `token` in place of an earlier one, and give new recovery codes, to be shown once. None when `code` is not of that seed,
    or the offer is too old.
    """
    seed = _read_offer(user, token)
    step = _find_step(seed, code, after=-1) if seed else None
    if seed is None or step is None:
        return None
    with open_gate():
        stored = _lock(user)
        _forget(stored)
        factor = SecondFactor(user=stored, last_step=step)
        factor.sealed_seed = _cipher().encrypt(_tell(stored, seed)).decode()
        factor.save(force_insert=True)
        codes = _make_codes(stored)
        _mark(stored, "second_factor_set", is_set=True)
    _follow(user, stored)
    return codes


def take_away(user: User) -> None:
    """The person gives the second factor up; the caller has made sure that the roles do not need it."""
    with open_gate():
        stored = _lock(user)
        _forget(stored)
        _mark(stored, "second_factor_removed", is_set=False)
    _follow(user, stored)


def make_new_codes(user: User) -> list[str]:
    """New recovery codes in place of all earlier ones, to be shown once."""
    with open_gate():
        stored = _lock(user)
        RecoveryCode.objects.filter(user=stored).delete()
        codes = _make_codes(stored)
        write_event("recovery_codes_made", actor=actor_of(stored), subject=_about(stored))
    return codes


def accept(user: User, typed: str) -> bool:
    """Whether this is a code of the person's device that was not used before, or an unused recovery code, which is used up by it."""
    code = "".join(typed.split()).lower().replace("-", "")
    if not code:
        return False
    with open_gate():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None:
            return False
        step = _find_step(_read_seed(factor), code, after=factor.last_step)
        if step is None:
            return _use_recovery_code(user, code)
        factor.last_step = step
        factor.save(update_fields=["last_step"])
    return True


def count_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def void_second_factor(stored: User, *, actor: Actor, reason: str) -> None:
    """Part of the transaction in which an admin resets the second factor of somebody else; `stored` is locked."""
    _forget(stored)
    _mark(stored, "second_factor_reset", is_set=False, actor=actor, reason=reason)


def forget_second_factor(stored: User, *, actor: Actor, reason: str) -> None:
    """The same, whatever the account says of a device: none that is stored serves any more."""
    if stored.has_second_factor:
        void_second_factor(stored, actor=actor, reason=reason)
    else:
        _forget(stored)


def _forget(stored: User) -> None:
    SecondFactor.objects.filter(user=stored).delete()
    RecoveryCode.objects.filter(user=stored).delete()


def _use_recovery_code(user: User, code: str) -> bool:
    digest = _digest(user, code)
    found = RecoveryCode.objects.select_for_update().filter(user=user, used_at=None, digest=digest).first()
    if found is None:
        return False
    found.used_at = clock.now()
    found.save(update_fields=["used_at"])
    left = f"{count_codes_left(user)} recovery codes are left."
    write_event("recovery_code_used", actor=actor_of(user), subject=_about(user), detail=left)
    return True


def _find_step(seed: str, code: str, *, after: int) -> int | None:
    """The half minute this code belongs to, of those near now and later than `after`."""
    now = int(clock.now().timestamp()) // STEP_S
    totp = pyotp.TOTP(seed, interval=STEP_S)
    steps = range(now - TOLERATED_STEPS, now + TOLERATED_STEPS + 1)
    matches = [step for step in steps if compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return next((step for step in matches if step > after), None)


def _make_codes(stored: User) -> list[str]:
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=stored, digest=_digest(stored, code)) for code in codes])
    return ["-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in codes]


def _digest(user: User, code: str) -> str:
    """A code has 79 bits of chance, so that nobody finds it by trying; the id keeps equal codes of two people apart."""
    return hashlib.sha256(f"{user.pk}\n{code}".encode()).hexdigest()


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _mark(stored: User, action: str, *, is_set: bool, actor: Actor | None = None, reason: str = "") -> None:
    was, now = stored.second_factor_since, clock.now() if is_set else None
    stored.second_factor_since = now
    changes = {"second_factor_since": (was.isoformat() if was else None, now.isoformat() if now else None)}
    write_event(action, actor=actor or actor_of(stored), subject=_about(stored), reason=reason, changes=changes)
    stored.save(update_fields=["second_factor_since"])


def _follow(user: User, stored: User) -> None:
    """The person in this request is the one that is stored."""
    user.second_factor_since = stored.second_factor_since


def _about(user: User) -> Subject:
    return Subject(record_kind="accounts.user", record_id=user.pk)


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SECOND_FACTOR_KEYS])


def _tell(user: User, seed: str) -> bytes:
    return json.dumps({"user": str(user.pk), "seed": seed}).encode()


def _tell_offer(user: User, seed: str) -> bytes:
    return json.dumps({"user": str(user.pk), "offered": seed}).encode()


def _read_seed(factor: SecondFactor) -> str:
    kept = json.loads(_cipher().decrypt(factor.sealed_seed.encode()))
    if kept["user"] != str(factor.user_id):
        raise InvalidToken
    return str(kept["seed"])


def _read_offer(user: User, token: str) -> str | None:
    """The seed that was offered to this person, if it is not too old."""
    try:
        kept = json.loads(_cipher().decrypt_at_time(token.encode(), OFFER_S, int(clock.now().timestamp())))
    except InvalidToken:
        return None
    return str(kept["offered"]) if kept.get("user") == str(user.pk) and "offered" in kept else None
