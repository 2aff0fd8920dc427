"""The picture behind an arm names who opened it, whatever the name is made of."""

from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from visits.watermark import draw_watermark


@pytest.mark.parametrize("words", ["Ada Example · 2026-03-02 09:30", "<script>&\"'", "علي"])
def test_the_words_stand_all_over_the_picture(words: str) -> None:
    kind, _, picture = draw_watermark(words).partition(",")
    assert kind == "data:image/svg+xml"
    texts = [element.text or "" for element in ET.fromstring(unquote(picture)).iter() if element.tag.endswith("text")]  # noqa: S314 - our own picture
    assert len(texts) >= 10
    assert all(text.count(words) == 8 for text in texts)
