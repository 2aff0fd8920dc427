"""Widgets that all forms share."""

from typing import Any

from django import forms


class TextArea(forms.Textarea):
    """A text area without the attribute by which a browser cuts what is pasted and does not say so.

    The field still has its limit: a text that is too long comes back whole, with how much is too much.
    """

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)
        attrs.pop("maxlength", None)
        return attrs
