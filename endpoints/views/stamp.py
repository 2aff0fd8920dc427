"""What a report says of the release that opened its arms: one sentence, or a short one with the digests apart."""

from dataclasses import dataclass

from endpoints.models import Release


@dataclass(frozen=True, slots=True)
class ReleaseStamp:
    """The release for a page: a sentence that fits a phone, and each digest in full under its name."""

    sentence: str
    digests: tuple[tuple[str, str], ...]


def say_released(release: Release) -> str:
    """The stamp of a file that rests on released arms, digests included."""
    asked = release.request
    return (
        f"{_say_opened(release)}; snapshot {asked.snapshot_serial}, SHA-256 {asked.snapshot_sha256};"
        f" code {asked.code_version}"
    )


def present_stamp(release: Release) -> ReleaseStamp:
    """The stamp of a page whose arms were released."""
    asked = release.request
    return ReleaseStamp(
        f"{_say_opened(release)}, on snapshot {asked.snapshot_serial}",
        (
            (f"Snapshot {asked.snapshot_serial} (SHA-256)", asked.snapshot_sha256),
            ("Code of the reports", asked.code_version),
        ),
    )


def _say_opened(release: Release) -> str:
    return f"Released {release.appended_at:%Y-%m-%d %H:%M} UTC by {release.request.by_name} and {release.by_name}"
