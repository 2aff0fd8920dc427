"""Words in a band above or below a figure, which stay with it wherever it is copied to. Pure, and light: nothing is drawn here."""

import re
from xml.sax.saxutils import escape

_BAND = 14
"""Height of a band, in points."""
_SIZE = re.compile(r'height="([\d.]+)pt" viewBox="0 (-?[\d.]+) ([\d.]+) ([\d.]+)"')


def mark_svg(svg: bytes, words: str) -> bytes:
    """The SVG file with words above it, which say what it must not be taken for. Raises `ValueError` for one that does not say its size."""
    return _add_band(svg, words, is_above=True, style='font-weight="bold" font-size="9" fill="#a3261b"')


def sign_svg(svg: bytes, words: str) -> bytes:
    """The SVG file with words below it, which say for whom it was made. Raises `ValueError` for one that does not say its size."""
    return _add_band(svg, words, is_above=False, style='font-size="8" fill="#56616a"')


def _add_band(svg: bytes, words: str, *, is_above: bool, style: str) -> bytes:
    drawn = svg.decode()
    size = _SIZE.search(drawn)
    if size is None:
        raise ValueError("a figure says its height and its box")
    height, top, width, inside = (float(number) for number in size.groups())
    start = top - _BAND if is_above else top
    taller = f'height="{height + _BAND:g}pt" viewBox="0 {start:g} {width:g} {inside + _BAND:g}"'
    text = f'<text x="2" y="{top - 4 if is_above else top + inside + _BAND - 4:g}" font-family="sans-serif" {style}>'
    larger = f"{drawn[: size.start()]}{taller}{drawn[size.end() :]}"
    return f"{text}{escape(words)}</text>\n</svg>".join(larger.rsplit("</svg>", 1)).encode()
