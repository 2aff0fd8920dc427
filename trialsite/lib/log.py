"""A log that tells what went wrong without telling about whom."""

import logging
import re
import traceback
from types import TracebackType

PATH = re.compile(r"(?<![\w.])/[^\s'\"]*")
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def mask_path(path: str) -> str:
    """`/patients/P2-014/visits/3/?q=x` becomes `/patients/*/visits/*/`: numbers and what was asked stay out."""
    bare = path.split("?", 1)[0]
    return "/".join("*" if any(mark.isdigit() for mark in part) else part for part in bare.split("/"))


def mask_paths(text: str) -> str:
    return PATH.sub(lambda found: mask_path(found.group()), text)


class MaskPaths(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_paths(record.getMessage()), None
        return True


class DiscreetFormatter(logging.Formatter):
    """Prints where an exception arose and of which type it is, never its message."""

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - the name of the standard library
        kind, _, where = ei
        frames = "".join(traceback.format_tb(where))
        return f"{frames}{kind.__name__ if kind else 'Exception'} (message withheld)"
