"""People who sign in. An account belongs to one person, is never deleted and its name never used again."""

import uuid
from functools import cached_property
from importlib import import_module
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from trialsite.accounts.roles import ALL_SITES, Instrument, Permission, Role, permissions_of
from trialsite.accounts.serves import keeps_password
from trialsite.lib import clock

check_username = RegexValidator(
    r"\A[a-z0-9][a-z0-9._@+-]*\Z",
    "Begin with a letter a-z or a digit; then letters, digits and . _ @ + - are allowed, without spaces.",
)


def tidy_username(typed: str) -> str:
    """User names are kept in small letters, so that Ann and ann are one account."""
    return typed.strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=tidy_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=tidy_username(username or ""))


class User(AbstractBaseUser):
    """One person. There are no superusers: a role decides everything, and none sees all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField("user name", max_length=60, unique=True, validators=[check_username])
    full_name = models.CharField("full name", max_length=120)
    email = models.EmailField("e-mail", blank=True)
    roles = models.JSONField("roles", default=list)
    site_codes = models.JSONField("sites", default=list)
    instruments = models.JSONField("instruments an assessor rates", default=list)
    training = models.JSONField("training", default=dict, blank=True)
    is_active = models.BooleanField("may sign in", default=True)
    second_factor_since = models.DateTimeField("second factor since", null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ("username",)
        constraints = (models.UniqueConstraint(Lower("username"), name="username_differs_by_more_than_case"),)

    def __str__(self) -> str:
        return f"{self.full_name} ({self.username})"

    @cached_property
    def role_set(self) -> frozenset[Role]:
        return frozenset(Role(role) for role in self.roles)

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.role_set)

    def may(self, permission: Permission) -> bool:
        return self.is_active and permission in self.permissions

    @property
    def sees_all_sites(self) -> bool:
        return bool(self.role_set & ALL_SITES)

    def may_see_site(self, site_code: str) -> bool:
        return self.sees_all_sites or site_code in self.site_codes

    @property
    def has_second_factor(self) -> bool:
        return self.second_factor_since is not None

    @property
    def keeps_password_here(self) -> bool:
        """Whether this process may store a password of the person."""
        return keeps_password(settings.SERVES, self.role_set)

    def check_password(self, raw_password: str | None) -> bool:
        """As Django does, which also renews the hash when it was made by an older rule; not where it may not be stored."""
        if self.keeps_password_here:
            return super().check_password(raw_password)
        return hashers.check_password(raw_password, self.password)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with a change of the password, and with one of the second factor."""
        told: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]  # the stubs leave it out
        return told if self.second_factor_since is None else f"{told} {self.second_factor_since.isoformat()}"

    @property
    def has_chosen_password(self) -> bool:
        """Whether the person has set a password since the account was invited, reset or reactivated."""
        return self.has_usable_password()

    @property
    def instrument_label(self) -> str:
        return ", ".join(item.label for item in Instrument if item in self.instruments)

    @property
    def role_label(self) -> str:
        return ", ".join(role.label for role in Role if role in self.role_set)


class SecondFactor(models.Model):
    """The device of one person: `sealed_seed` is ciphertext; `last_step` is the half minute of the latest code that served."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="second_factor")
    sealed_seed = models.TextField("seed, encrypted")
    last_step = models.BigIntegerField("half minute of the code used last")

    def __str__(self) -> str:
        return f"Second factor of {self.user_id}"


class RecoveryCode(models.Model):
    """A code that serves once in place of the device; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField("SHA-256 of the code", max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Recovery code of {self.user_id}"


class UnblindedSession(AbstractBaseSession):
    """A session of the process for unblinded people, where two share the trial (`trialsite.accounts.sessions`)."""

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "session of an unblinded person"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class AccessReview(models.Model):
    """Who had access to what at a moment, what was decided about each account, and who signed that they looked. Rows are only added.

    `lines` are the accounts as the page showed them, each with its decision; `digest` is over them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lines = models.JSONField("accounts")
    digest = models.CharField("SHA-256 of the accounts", max_length=64)
    remarks = models.TextField("remarks", blank=True)
    reviewer_id = models.CharField(max_length=36)
    reviewer_username = models.CharField(max_length=60)
    reviewer_name = models.CharField(max_length=120)
    reviewer_roles = models.CharField(max_length=200)
    appended_at = models.DateTimeField("signed at", default=clock.now)

    class Meta:
        ordering = ("-appended_at",)

    def __str__(self) -> str:
        return f"{self.appended_at:%Y-%m-%d} by {self.reviewer_name}"
