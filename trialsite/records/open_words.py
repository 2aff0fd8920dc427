"""A text that blinded people will read: words in it that may tell an arm ask its writer to think, once, and never stop anybody."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trialsite.lib.telling import ask_to_think
from trialsite.lib.widgets import TextArea
from trialsite.protocol.telling import find_telling


class ThinkArea(TextArea):
    """Carries along which words its writer was shown, so that the same text sent again passes."""

    thought: frozenset[str] = frozenset()

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        self.thought = frozenset(str(data.get(_beside(name), "")).split("|"))
        return super().value_from_datadict(data, files, name)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        area = super().render(name, value, attrs, renderer)
        words = find_telling(str(value or ""))
        if not words:
            return area
        return format_html('{}<input type="hidden" name="{}" value="{}">', area, _beside(name), "|".join(words))


def _beside(name: str) -> str:
    return f"{name}-thought"


class OpenWords(forms.CharField):
    """Words that blinded people read. `for_all` False asks nothing: the text is for people who may know arms."""

    widget = ThinkArea

    def __init__(self, *, rows: int = 2, **kwargs: Any) -> None:
        super().__init__(widget=ThinkArea(attrs={"rows": rows}), **kwargs)
        self.for_all = True

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        words = find_telling(text) if self.for_all else []
        if not cast(ThinkArea, self.widget).thought.issuperset(words):
            raise forms.ValidationError(ask_to_think(words), code="telling")
        return text
