"""Tables of the floor: a form with the fields of the product's, and two ways to keep what was there before."""

from typing import Any, ClassVar

from django.db import models

from visits.crfs.registry import CRFS
from visits.models import Cognition


class Plain(models.Model):
    """What the type checker is not told by the settings of the tests, where this app is not installed."""

    objects: ClassVar["models.Manager[Any]"] = models.Manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class FloorPatient(Plain):
    number = models.CharField(max_length=30, unique=True)
    site_code = models.CharField(max_length=20)


class FloorVisit(Plain):
    patient = models.ForeignKey(FloorPatient, on_delete=models.CASCADE)
    key = models.CharField(max_length=40)
    visited_on = models.DateField(null=True)


class FloorState(Plain):
    """How far one form of one visit is."""

    visit = models.ForeignKey(FloorVisit, on_delete=models.CASCADE)
    form_key = models.CharField(max_length=40)
    status = models.CharField(max_length=10)


class FloorForm(Plain):
    """The items of the product's form of cognition, added below in its order."""

    visit = models.ForeignKey(FloorVisit, on_delete=models.CASCADE)


ITEMS = CRFS["cognition"].field_names
for _name in ITEMS:
    _field: Any = Cognition._meta.get_field(_name)
    _field.clone().contribute_to_class(FloorForm, _name)


class FloorFieldAudit(Plain):
    """One changed value."""

    form = models.ForeignKey(FloorForm, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=60)
    field = models.CharField(max_length=80)
    old = models.TextField()
    new = models.TextField()


class FloorHistory(Plain):
    """The whole form as it was stored."""

    form = models.ForeignKey(FloorForm, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=60)
    values = models.JSONField()
