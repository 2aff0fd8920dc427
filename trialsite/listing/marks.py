"""The tables of what people attested of records and what closed them: verifications, signatures, freezes and locks."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trialsite.listing.reading import NOWHERE, Reading, get_patients, get_places, place
from trialsite.listing.table import Head, Table, columns_of
from trialsite.marks.models import Lock, LockEnd, UnlockRefusal, UnlockRequest, Verification, VerificationEnd
from trialsite.signatures.models import Signature, SignatureEnd, SignedRecord

HOLDS, ENDED = "holds", "ended"
_OF_END = ("id", "verification", "lock", "signature", "request")


def list_mark_tables(reading: Reading) -> Iterator[Table]:
    yield _verifications(reading)
    yield from _signatures(reading)
    yield from _locks(reading)


def _verifications(reading: Reading) -> Table:
    rows = reading.of_patients(Verification.objects.exclude(record_kind__in=reading.hidden_kinds))
    return Table(
        name="verifications",
        title="Verifications against the source",
        rows=rows.select_related("end").order_by("appended_at", "pk"),
        heads=_heads_of(_self, _holds),
        columns=[
            *columns_of(Verification, reading.protocol, but=("patient_id", "revision")),
            *columns_of(VerificationEnd, reading.protocol, but=_OF_END, through="end"),
        ],
    )


def _signatures(reading: Reading) -> Iterator[Table]:
    hidden = reading.hidden_kinds
    signatures = reading.of_patients(Signature.objects.exclude(record_kind__in=hidden))
    yield Table(
        name="signatures",
        title="Signatures",
        rows=signatures.select_related("end").order_by("appended_at", "pk"),
        heads=_heads_of(_self, _holds),
        columns=[
            *columns_of(Signature, reading.protocol, but=("patient_id", "revision", "signer_id")),
            *columns_of(SignatureEnd, reading.protocol, but=_OF_END, through="end"),
        ],
    )
    signed = SignedRecord.objects.filter(signature__in=signatures.order_by().values("pk"))
    yield Table(
        name="signed_records",
        title="What each signature covers",
        rows=signed.exclude(record_kind__in=hidden)
        .select_related("signature__end")
        .order_by("signature__appended_at", "signature_id", "record_kind", "record_id"),
        heads=_heads_of(lambda row: row.signature, lambda row: _holds(row.signature)),
        columns=columns_of(SignedRecord, reading.protocol, but=("id", "revision")),
    )


def _locks(reading: Reading) -> Iterator[Table]:
    """Those of the whole trial, which name no site, for people of all sites alone."""
    locks = reading.at_sites(Lock.objects.exclude(reading.hidden_forms), "site_code")
    yield Table(
        name="locks",
        title="Freezes and locks",
        rows=locks.select_related("end").order_by("appended_at", "pk"),
        heads=_heads_of_locks(_self, _holds),
        columns=[
            *columns_of(Lock, reading.protocol, but=("patient_id", "site_code")),
            *columns_of(LockEnd, reading.protocol, but=_OF_END, through="end"),
        ],
    )
    requests = UnlockRequest.objects.filter(lock__in=locks.order_by().values("pk"))
    yield Table(
        name="unlock_requests",
        title="Requests to unlock",
        rows=requests.select_related("lock__end", "refusal").order_by("appended_at", "pk"),
        heads=_heads_of_locks(lambda row: row.lock, _fate),
        columns=[
            *columns_of(UnlockRequest, reading.protocol, but=("by_user_id",)),
            *columns_of(UnlockRefusal, reading.protocol, but=_OF_END, through="refusal"),
        ],
    )


def _self(row: Any) -> Any:
    return row


def _holds(row: Any) -> str:
    return ENDED if getattr(row, "end", None) else HOLDS


def _fate(request: UnlockRequest) -> str:
    if getattr(request, "refusal", None):
        return "declined"
    return "granted" if _end_request(request) == request.pk else "open"


def _end_request(request: UnlockRequest) -> Any:
    end = getattr(request.lock, "end", None)
    return end.request_id if end else None


def _heads_of(bearer: Callable[[Any], Any], state: Callable[[Any], str]) -> Callable[[Sequence[Any]], Sequence[Head]]:
    """Heads of rows that name a record; `bearer` is what bears the patient."""

    def heads(batch: Sequence[Any]) -> list[Head]:
        patients = get_patients(bearer(row).patient_id for row in batch)
        places = get_places((row.record_kind, row.record_id) for row in batch)
        return [
            place(
                patients.get(bearer(row).patient_id, NOWHERE),
                places.get(row.record_id, NOWHERE),
                state(row),
                row.revision,
            )
            for row in batch
        ]

    return heads


def _heads_of_locks(
    lock_of: Callable[[Any], Lock], state: Callable[[Any], str]
) -> Callable[[Sequence[Any]], Sequence[Head]]:
    def heads(batch: Sequence[Any]) -> list[Head]:
        patients = get_patients(lock_of(row).patient_id for row in batch)
        return [
            place(patients.get(lock_of(row).patient_id, ("", lock_of(row).site_code)), NOWHERE, state(row))
            for row in batch
        ]

    return heads
