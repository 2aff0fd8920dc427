"""A watermark as a picture: whoever photographs a page photographs who opened it, and when. Pure."""

from urllib.parse import quote
from xml.sax.saxutils import escape

LETTER, GAP, LINE = 9, 60, 105


def draw_watermark(words: str) -> str:
    """The address (data:) of an SVG picture that repeats the words all over, slanted and pale, whatever size it is drawn at."""
    long = LETTER * len(words)
    across, down = long + GAP, 2 * LINE
    # The second line stands half a step to the side, so that no way down the page misses the words.
    places = ((0, LINE - 10), (-across // 2, down - 10), (across - across // 2, down - 10))
    lines = "".join(
        f'<text x="{x}" y="{y}" textLength="{long}" lengthAdjust="spacingAndGlyphs">{escape(words)}</text>'
        for x, y in places
    )
    tile = f'width="{across}" height="{down}" patternUnits="userSpaceOnUse" patternTransform="rotate(-12)"'
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">'
        f'<defs><pattern id="words" {tile}><g font-family="sans-serif" font-size="17" fill="#0f4c5c"'
        f' fill-opacity="0.11">{lines}</g></pattern></defs><rect width="100%" height="100%" fill="url(#words)"/></svg>'
    )
    return f"data:image/svg+xml,{quote(picture)}"
