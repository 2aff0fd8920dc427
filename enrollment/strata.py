"""In which stratum of the allocation list a patient is drawn. Pure."""

from trialsite.protocol.model import Allocation, Protocol

WHOLE_TRIAL = "all"
LONGEST_STRATUM = 1000  # slots


def list_strata(allocation: Allocation, protocol: Protocol) -> list[str]:
    """Every stratum of a phase; one, named `all`, where the protocol asks for none."""
    if "site" in allocation.strata:
        return [name_stratum(allocation, site.code) for site in protocol.sites]
    return [WHOLE_TRIAL]


def name_stratum(allocation: Allocation, site_code: str) -> str:
    """The stratum of a patient of this site."""
    return f"site {site_code}" if "site" in allocation.strata else WHOLE_TRIAL
