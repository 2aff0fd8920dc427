"""An act that may not happen, with every reason why. Pure."""

from collections.abc import Sequence

from trialsite.lib.findings import Finding


class RefusedError(Exception):
    """Raised by actions. `findings` holds all reasons, each with the part of the protocol it comes from; none was acted upon."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(finding.message for finding in self.findings))
