"""HTML as PDF for paper and for screen readers: tagged (PDF/UA-1), with bookmarks. The same HTML gives the same bytes.

The one module that imports WeasyPrint, and it is imported in the worker alone. WeasyPrint needs Pango, a library of the system: a machine without it
sets no PDF, does everything else, and says so (`LACKS`).
"""

import base64
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from trialsite.printing.words import PDF, PDF_NEEDS_PANGO

LACKS: dict[str, str] = {}
try:
    import weasyprint
except OSError:  # what its loader raises where Pango is missing
    LACKS[PDF] = PDF_NEEDS_PANGO

STYLE = Path(settings.BASE_DIR) / "static" / "css" / "print.css"
OnStep = Callable[[str], None]


class _Steps(logging.Handler):
    """Hears from WeasyPrint which step it is at."""

    def __init__(self, on_step: OnStep) -> None:
        super().__init__(logging.INFO)
        self._on_step = on_step

    def emit(self, record: logging.LogRecord) -> None:
        self._on_step(record.getMessage().partition(" - ")[2])


def write_pdf(html: str, target: Path, on_step: OnStep) -> None:
    """Set the pages. Nothing outside the text is read but the style sheet and the fonts of the system."""
    steps, logger = _Steps(on_step), logging.getLogger("weasyprint.progress")
    level, logger.level = logger.level, logging.INFO
    logger.addHandler(steps)
    try:
        document = weasyprint.HTML(string=html, url_fetcher=_fetch)
        document.write_pdf(
            target,
            stylesheets=[weasyprint.CSS(filename=str(STYLE))],
            pdf_variant="pdf/ua-1",
            pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
        )
    finally:
        logger.removeHandler(steps)
        logger.level = level


def _fetch(url: str, *_: object, **__: object) -> "weasyprint.urls.URLFetcherResponse":
    """A figure that stands in the text itself; nothing from elsewhere."""
    head, _comma, body = url.partition(",")
    if head != "data:image/svg+xml;base64":
        raise ValueError(f"paper reads nothing from elsewhere: {url}")
    return weasyprint.urls.URLFetcherResponse(url, base64.b64decode(body), {"Content-Type": "image/svg+xml"})
