"""The log tells what went wrong, not about whom."""

import io
import logging

import pytest

from trialsite.lib.log import DiscreetFormatter, MaskPaths, mask_path


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/", "/"),
        ("/patients/", "/patients/"),
        ("/patients/P2-014/visits/3/", "/patients/*/visits/*/"),
        ("/patients/3f2b8c1e-0f6a-4a59-9a47-0d6a3e1f7c11", "/patients/*"),
        ("/patients/?arm=sham", "/patients/"),
        ("/static/js/doppler.js", "/static/js/doppler.js"),
    ],
)
def test_a_path_keeps_its_words_and_loses_its_numbers(path: str, masked: str) -> None:
    assert mask_path(path) == masked


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    """A logger set up as in production, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskPaths())
    handler.setFormatter(DiscreetFormatter("{message}", style="{"))
    logger = logging.getLogger("scratch")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    return logger, stream


def test_django_request_lines_lose_the_patient(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    logger.warning("%s: %s", "Not Found", "/patients/P2-014/")
    logger.info('"GET /patients/P2-014/?q=x HTTP/1.1" 200 17')
    assert stream.getvalue() == 'Not Found: /patients/*/\n"GET /patients/*/ HTTP/1.1" 200 17\n'


def test_an_exception_shows_its_place_and_type_and_not_its_message(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    secret = "P2-014 sham"
    try:
        int(secret)
    except ValueError:
        logger.exception("It failed")
    text = stream.getvalue()
    assert "test_log.py" in text
    assert text.endswith("ValueError (message withheld)\n")
    assert secret not in text
