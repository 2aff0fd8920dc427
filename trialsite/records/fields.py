"""Model fields for case report forms. All may be empty: a missing item never blocks saving.

A number carries its unit. In migrations these are Django's own fields, so the history of the tables does not lean on this module.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from trialsite.lib.partial_dates import PartialDate

TEXT_LIMIT = 10_000


class WholeNumber(models.IntegerField):
    """An integer with a unit ("count" where it has none)."""

    def __init__(self, label: str = "", *, unit: str = "count", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(label, **{"null": True, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.IntegerField", args, kwargs


class Measure(models.DecimalField):
    """A decimal number with a unit, exact to `places` digits after the point."""

    def __init__(self, label: str = "", *, unit: str = "", digits: int = 8, places: int = 2, **kwargs: Any) -> None:
        self.unit = unit
        kwargs.setdefault("max_digits", digits)
        kwargs.setdefault("decimal_places", places)
        super().__init__(label, **{"null": True, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs


class Coded(models.CharField):
    """One code out of a list (`models.TextChoices`)."""

    def __init__(self, label: str = "", codes: type[models.TextChoices] | None = None, **kwargs: Any) -> None:
        if codes is not None:
            kwargs["choices"] = codes.choices
        super().__init__(label, **{"max_length": 40, "blank": True, "default": "", **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class SeveralCodes(models.JSONField):
    """Any number of codes out of a list, stored in the order of the list."""

    def __init__(self, label: str = "", codes: type[models.TextChoices] | None = None, **kwargs: Any) -> None:
        self.codes = codes
        super().__init__(label, **{"blank": True, "default": list, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class YesNo(models.BooleanField):
    """Yes, no, or not answered."""

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **{"null": True, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BooleanField", args, kwargs


class Words(models.TextField):
    """Free text, at most `TEXT_LIMIT` characters."""

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **{"blank": True, "default": "", "max_length": TEXT_LIMIT, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class Day(models.DateField):
    """A calendar day."""

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **{"null": True, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateField", args, kwargs


class Moment(models.DateTimeField):
    """A day and time; entered in the site's time, stored in UTC."""

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **{"null": True, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


def validate_partial_date(text: str) -> None:
    try:
        PartialDate.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class PartialDay(models.CharField):
    """A day known to the day, month or year, as ISO 8601 text (see `trialsite.lib.partial_dates`)."""

    default_validators = (validate_partial_date,)

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **{"max_length": 10, "blank": True, "default": "", **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
