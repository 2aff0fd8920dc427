"""Model fields for case report forms. All may be empty: a missing item never blocks saving.

A number carries its unit. In migrations these are Django's own fields, so the history of the tables does not lean on this module.
"""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.module_loading import import_string

from trialsite.lib.partial_dates import PartialDate
from trialsite.records.diff import trim

TEXT_LIMIT = 10_000


class _PlainInMigrations:
    """Stands in migrations as the Django field it extends."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # mixed into fields only
        plain = next(base for base in type(self).__mro__ if base.__module__.startswith("django.db.models"))
        return name, f"django.db.models.{plain.__name__}", args, kwargs

    def clone(self) -> Any:
        _name, path, args, kwargs = self.deconstruct()
        return import_string(path)(*args, **kwargs)


class WholeNumber(_PlainInMigrations, models.IntegerField[Any, Any]):
    """An integer with a unit ("count" where it has none)."""

    def __init__(self, verbose_name: str = "", *, unit: str = "count", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})


class Measure(_PlainInMigrations, models.DecimalField[Any, Any]):
    """A decimal number with a unit, exact to `places` digits after the point.

    It is read without the zeros that the column pads it with, down to the `said` digits that people always say: an EDSS step is 4.0.
    """

    def __init__(
        self, verbose_name: str = "", *, unit: str = "", digits: int = 8, places: int = 2, said: int = 0, **kwargs: Any
    ) -> None:
        self.unit = unit
        self.said = said
        kwargs.setdefault("max_digits", digits)
        kwargs.setdefault("decimal_places", places)
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})

    def from_db_value(self, value: Decimal | None, _expression: Any, _connection: Any) -> Decimal | None:
        """500, not 500.000: forms, listings and sentences show a number as people write it, on every database."""
        return None if value is None else self.as_said(value)

    def as_said(self, value: Decimal) -> Decimal:
        """The number with as many digits as people write."""
        trimmed, least = trim(value), Decimal(1).scaleb(-self.said)
        return trimmed if trimmed != trimmed.quantize(least) else trimmed.quantize(least)


class Coded(_PlainInMigrations, models.CharField[Any, Any]):
    """One code out of a list (`models.TextChoices`)."""

    def __init__(self, verbose_name: str = "", codes: type[models.TextChoices] | None = None, **kwargs: Any) -> None:
        if codes is not None:
            kwargs["choices"] = codes.choices
        super().__init__(verbose_name, **{"max_length": 40, "blank": True, "default": "", **kwargs})

    def get_choices(self, *args: Any, **kwargs: Any) -> Any:
        """Where nothing is chosen yet stands one dash: a screen reader reads out Django's nine."""
        return super().get_choices(*args, **{"blank_choice": [("", "—")], **kwargs})


class SeveralCodes(_PlainInMigrations, models.JSONField[Any, Any]):
    """Any number of codes out of a list, stored in the order of the list."""

    def __init__(self, verbose_name: str = "", codes: type[models.TextChoices] | None = None, **kwargs: Any) -> None:
        self.codes = codes
        super().__init__(verbose_name, **{"blank": True, "default": list, **kwargs})


class YesNo(_PlainInMigrations, models.BooleanField[Any, Any]):
    """Yes, no, or not answered."""

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})


class Words(_PlainInMigrations, models.TextField[Any, Any]):
    """Free text, at most `TEXT_LIMIT` characters."""

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"blank": True, "default": "", "max_length": TEXT_LIMIT, **kwargs})


class Day(_PlainInMigrations, models.DateField[Any, Any]):
    """A calendar day."""

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})


class Moment(_PlainInMigrations, models.DateTimeField[Any, Any]):
    """A day and time; entered in the site's time, stored in UTC."""

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})


class TimeOfDay(_PlainInMigrations, models.TimeField):  # type: ignore[type-arg]  # generic in the stubs only
    """A time of day on a clock of the site; beside a `Day`, where the day may be known without the time."""

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"null": True, "blank": True, **kwargs})


def validate_partial_date(text: str) -> None:
    try:
        PartialDate.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class PartialDay(_PlainInMigrations, models.CharField[Any, Any]):
    """A day known to the day, month or year, as ISO 8601 text (see `trialsite.lib.partial_dates`)."""

    default_validators = [validate_partial_date]  # Django declares a list

    def __init__(self, verbose_name: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **{"max_length": 10, "blank": True, "default": "", **kwargs})

    def formfield(self, **kwargs: Any) -> Any:
        # Django checks a model's validators only when the model is cleaned, which forms of ours do not do.
        return super().formfield(**{"validators": [validate_partial_date], **kwargs})
