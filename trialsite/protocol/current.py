"""The protocol of this installation."""

from functools import cache
from pathlib import Path

from django.conf import settings

from trialsite.protocol.load import load_protocol
from trialsite.protocol.model import Protocol


def get_protocol() -> Protocol:
    """The protocol that `PROTOCOL_FILE` names, read once per process."""
    return _load_once(Path(settings.PROTOCOL_FILE))


@cache
def _load_once(path: Path) -> Protocol:
    return load_protocol(path)
