"""Nothing starts with a wrong protocol file."""

from django.apps import AppConfig

from trialsite.protocol.current import get_protocol
from trialsite.protocol.problems import ProtocolError


class ProtocolConfig(AppConfig):
    name = "trialsite.protocol"
    verbose_name = "Protocol"

    def ready(self) -> None:
        """Read the protocol now: every command and every worker stops here, with the reasons on stderr."""
        try:
            get_protocol()
        except ProtocolError as error:
            raise SystemExit(str(error)) from None
