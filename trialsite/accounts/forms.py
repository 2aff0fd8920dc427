"""What people type about accounts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm, UsernameField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, QueryDict

from trialsite.accounts.access import SignedInRequest
from trialsite.accounts.actions import RefusedError, change_password, choose_password, state_of
from trialsite.accounts.attempts import confirm_password
from trialsite.accounts.models import User, check_username, tidy_username
from trialsite.accounts.review import DECISIONS, ReviewLine
from trialsite.accounts.roles import Instrument, Role
from trialsite.accounts.rules import Access, check_access
from trialsite.accounts.selectors import SIGN_IN_ACTIONS, STATES
from trialsite.lib.widgets import TextArea
from trialsite.protocol.current import get_protocol

PASSWORD_MAX_CHARACTERS = 200


NOT_TOGETHER = (
    "User name and password do not go together. Check both and type them again, and the code of the second factor if you have one: it must"
    " be the one of this moment."
)


class SignInForm(AuthenticationForm):
    """User name and password. It says the same whether the name, the password or both are wrong, or the account is closed."""

    username = UsernameField(label="User name", max_length=60, widget=forms.TextInput(attrs={"autofocus": True}))
    password = forms.CharField(
        strip=False,
        max_length=PASSWORD_MAX_CHARACTERS,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    token = forms.CharField(
        label="Code of the second factor",
        required=False,
        max_length=40,
        help_text="If you have set one up: what your app shows now, or a recovery code. Else leave it empty.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    error_messages = {"invalid_login": NOT_TOGETHER, "inactive": NOT_TOGETHER}

    def clean(self) -> dict[str, Any]:
        """As Django does, with the code as well."""
        said = self.cleaned_data
        if said.get("username") is not None and said.get("password"):
            self.user_cache = authenticate(
                self.request, username=said["username"], password=said["password"], token=said.get("token", "")
            )
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return said

    @property
    def was_attempted(self) -> bool:
        """Whether name and password could be compared at all."""
        return {"username", "password"} <= self.cleaned_data.keys()


class ChoosePasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A first or new password, by link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_passwords(self)

    def save(self, commit: bool = True) -> User:
        user: User = self.user
        choose_password(user, self.cleaned_data["new_password1"])
        return user


class ChangePasswordForm(PasswordChangeForm):
    """A new password for the person signed in, who types the old one first.

    Failures count as failed sign-ins: who finds an open session cannot try passwords here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.request: HttpRequest = kwargs.pop("request")
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Password until now"
        _limit_passwords(self)

    def clean_old_password(self) -> str:
        typed = str(self.cleaned_data["old_password"])
        if not confirm_password(self.request, self.user, typed):
            raise ValidationError("This is not your password until now. Type it again.")
        return typed

    def save(self, commit: bool = True) -> User:
        user: User = self.user
        change_password(user, self.cleaned_data["new_password1"])
        return user


class PasswordAgainForm(forms.Form):
    """The password of the person signed in, asked again; failures count as failed sign-ins."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=PASSWORD_MAX_CHARACTERS,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.request: SignedInRequest = kwargs.pop("request")
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        typed = str(self.cleaned_data["password"])
        if not confirm_password(self.request, self.request.user, typed):
            raise ValidationError("This is not your password. After too many failures the account is locked.")
        return typed


class SetUpFactorForm(PasswordAgainForm):
    """The first code of a new device; `offered` brings the seed of the page back, encrypted."""

    offered = forms.CharField(widget=forms.HiddenInput, max_length=1000)
    token = forms.CharField(
        label="The code the app shows",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": "Type the six digits the app shows now."},
    )
    field_order = ("offered", "token", "password")

    def clean_token(self) -> str:
        return "".join(str(self.cleaned_data["token"]).split())

    def show_offer(self, token: str) -> None:
        """What the page shows now, also after a refusal."""
        self.initial["offered"] = token
        if self.is_bound:
            self.data = {**self.data.dict(), "offered": token} if isinstance(self.data, QueryDict) else self.data


def _limit_passwords(form: forms.Form) -> None:
    for field in form.fields.values():
        if isinstance(field, forms.CharField):
            field.validators.append(MaxLengthValidator(PASSWORD_MAX_CHARACTERS))


class AccountForm(forms.Form):
    """What an admin says about a person: name, address, and what the person may do where."""

    full_name = forms.CharField(label="Full name", max_length=120)
    email = forms.EmailField(label="E-mail", required=False, help_text="Links are mailed here, when mail is set up.")
    roles = forms.MultipleChoiceField(
        choices=[(role.value, role.label) for role in Role], widget=forms.CheckboxSelectMultiple, required=False
    )
    site_codes = forms.MultipleChoiceField(label="Sites", widget=forms.CheckboxSelectMultiple, required=False)
    instruments = forms.MultipleChoiceField(
        label="Instruments an assessor rates",
        choices=[(item.value, item.label) for item in Instrument],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = self.fields["site_codes"]
        assert isinstance(sites, forms.MultipleChoiceField)  # noqa: S101 - tells the type checker
        sites.choices = [(site.code, f"{site.code} · {site.name}") for site in get_protocol().sites]

    @property
    def access(self) -> Access:
        names = ("roles", "site_codes", "instruments")
        return Access(**{name: tuple(sorted(self.cleaned_data.get(name, ()))) for name in names})

    def clean(self) -> dict[str, Any]:
        unread = set(self.errors)
        for field, sentence in check_access(self.access, [site.code for site in get_protocol().sites]):
            if field not in unread:
                self.add_error(field, sentence)
        return self.cleaned_data

    def show_refusal(self, error: RefusedError) -> None:
        """Put what the action said at its fields."""
        for field, sentence in error.problems:
            self.add_error(field or None, sentence)


class InviteForm(AccountForm):
    username = forms.CharField(
        label="User name",
        max_length=60,
        help_text="In small letters. It is never changed and never given to anybody else.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("username",)

    def clean_username(self) -> str:
        username = tidy_username(self.cleaned_data["username"])
        check_username(username)
        if User.objects.filter(username=username).exists():
            raise ValidationError("This user name was given before and is never given again. Choose another.")
        return username


class ChangeForm(AccountForm):
    """`seen` travels with the page, so that a change by somebody else in between is noticed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(user: User) -> dict[str, Any]:
        names = ("full_name", "email", "roles", "site_codes", "instruments")
        return {**{name: getattr(user, name) for name in names}, "seen": state_of(user)}


class ReasonForm(forms.Form):
    """Why an account is deactivated, reset or opened again."""

    reason = forms.CharField(label="Why", max_length=500, help_text="Kept in the audit trail.")


class TrainingForm(forms.Form):
    """A training that was completed, and what shows it."""

    on = forms.DateField(
        label="Completed on",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date that exists, as 2011-02-28."},
    )
    evidence = forms.CharField(
        label="What shows it",
        max_length=500,
        help_text="The certificate with its number and where it is kept, or who trained the person. Kept in the audit trail.",
    )

    def show_refusal(self, error: RefusedError) -> None:
        for field, sentence in error.problems:
            self.add_error(field or None, sentence)


class AccessReviewForm(forms.Form):
    """A decision for every account shown, and the signature. `shown` is the digest of the page."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    remarks = forms.CharField(
        label="What you found",
        max_length=5000,
        required=False,
        widget=TextArea(attrs={"rows": 2, "class": "form-control"}),
    )
    password = forms.CharField(
        label="Your password",
        max_length=PASSWORD_MAX_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "current-password"}),
    )

    def __init__(self, lines: Sequence[ReviewLine], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            decision = forms.ChoiceField(
                choices=[("", "Decide …"), *DECISIONS], label=f"Decision about {line.username}"
            )
            decision.error_messages["required"] = "Decide about this account."
            decision.widget.attrs |= {"class": "form-select form-select-sm", "aria-label": decision.label}
            note = forms.CharField(required=False, max_length=500, label=f"Note on {line.username}")
            note.widget.attrs |= {
                "class": "form-control form-control-sm",
                "aria-label": note.label,
                "autocomplete": "off",
            }
            self.fields |= {f"decision-{line.id}": decision, f"note-{line.id}": note}

    @property
    def rows(self) -> list[tuple[ReviewLine, forms.BoundField, forms.BoundField]]:
        return [(line, self[f"decision-{line.id}"], self[f"note-{line.id}"]) for line in self.lines]

    @property
    def decisions(self) -> dict[str, tuple[str, str]]:
        """Account id -> (decision, note)."""
        found = self.cleaned_data
        return {line.id: (found[f"decision-{line.id}"], found[f"note-{line.id}"].strip()) for line in self.lines}


class FilterForm(forms.Form):
    """What a list is narrowed by, in one line above it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


class UserFilterForm(FilterForm):
    text = forms.CharField(label="Name or address", max_length=120, required=False)
    role = forms.ChoiceField(choices=[("", "All roles"), *((role.value, role.label) for role in Role)], required=False)
    state = forms.ChoiceField(choices=[("", "All states"), *STATES.items()], required=False)


class SignInFilterForm(FilterForm):
    text = forms.CharField(label="Name", max_length=120, required=False)
    action = forms.ChoiceField(label="What", choices=[("", "Everything"), *SIGN_IN_ACTIONS.items()], required=False)
    from_on = forms.DateField(
        label="From",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date that exists, as 2011-02-28."},
    )
