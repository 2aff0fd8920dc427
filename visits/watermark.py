"""A watermark as a picture: whoever photographs a page photographs who opened it, and when. Pure."""

from urllib.parse import quote
from xml.sax.saxutils import escape

WIDTH, HEIGHT, STEP = 1600, 600, 60


def draw_watermark(words: str) -> str:
    """The address (data:) of an SVG picture that repeats the words all over, slanted and pale."""
    line = escape("   ".join([words] * 8))
    rows = "".join(f'<text x="{-(y * 7) % 300 - 300}" y="{y}">{line}</text>' for y in range(0, 2 * HEIGHT, STEP))
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<g transform="rotate(-12) translate(-80 0)" font-family="sans-serif" font-size="17" fill="#0f4c5c"'
        f' fill-opacity="0.17" xml:space="preserve">{rows}</g></svg>'
    )
    return f"data:image/svg+xml,{quote(picture)}"
