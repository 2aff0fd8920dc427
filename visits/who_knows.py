"""The whole ledger: what the vault knows of who was told, and what deviations say of a broken blind. For the statistician alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from enrollment.exposure import Knowledge, Way, keep_first
from enrollment.selectors.ledger import get_ledger
from trialsite.accounts.models import User
from trialsite.protocol.model import Protocol
from visits.crfs.deviation.model import DeviationCategory, DeviationState
from visits.models import Deviation


def get_who_knows(user: User, protocol: Protocol) -> list[Knowledge]:
    """The earliest first. Raises `VaultRefusedError` for everybody but the statistician."""
    return keep_first([*get_ledger(user, protocol), *_list_deviations()])


def _list_deviations() -> Iterator[Knowledge]:
    """Whom a deviation means stands in its words, if anywhere: it counts for nobody by name."""
    broken = Deviation.objects.filter(category=DeviationCategory.BLINDING, happened_on__isnull=False)
    for one in broken.exclude(state=DeviationState.WITHDRAWN):
        since = datetime.combine(one.happened_on, time(), UTC)
        yield Knowledge(
            username="",
            name="Somebody, see the deviation",
            roles="",
            patient_id=one.patient_id,
            since=since,
            way=Way.DEVIATION,
        )
