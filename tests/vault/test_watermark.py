"""The picture over a page that may show an arm names who opened it, whatever the name is made of."""

from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from trialsite.lib.watermark import GAP, LETTER, LINE, draw_watermark

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("words", ["Ada Example · 2026-03-02 09:30", "<script>&\"'", "علي"])
def test_the_words_stand_all_over_the_picture(words: str) -> None:
    kind, _, picture = draw_watermark(words).partition(",")
    assert kind == "data:image/svg+xml"
    root = ET.fromstring(unquote(picture))  # noqa: S314 - our own picture
    tile, ground = root.find(f"{SVG}defs/{SVG}pattern"), root.find(f"{SVG}rect")
    assert tile is not None
    assert ground is not None
    assert [ground.get("width"), ground.get("height"), ground.get("fill")] == [
        "100%",
        "100%",
        f"url(#{tile.get('id')})",
    ]
    assert [text.text for text in tile.iter(f"{SVG}text")] == [words] * 3
    # Each tile holds the words whole: none wider or higher than a narrow screen leaves room for.
    assert (float(tile.get("width", 0)), float(tile.get("height", 0))) == (LETTER * len(words) + GAP, 2 * LINE)
