"""How fields of forms become HTML."""

from typing import Any

from django.forms.renderers import DjangoTemplates

NOT_TYPED_INTO = ("hidden", "checkbox", "radio", "file")


class DiscreetRenderer(DjangoTemplates):
    """Asks the browser to complete no field that does not say itself what may be filled in.

    Computers at sites are shared: what one person typed about a patient is not to be offered to the next.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        widget = context.get("widget")
        if widget is not None and widget.get("type") not in NOT_TYPED_INTO:
            widget["attrs"].setdefault("autocomplete", "off")
        return super().render(template_name, context, request)
