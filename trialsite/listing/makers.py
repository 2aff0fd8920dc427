"""Makes a listing of everything: runs in the worker."""

from trialsite.accounts.roles import Permission
from trialsite.audit.write import Subject
from trialsite.jobs.work import CannotMakeError, Made, Order, reading_at_once
from trialsite.listing.contents import write_listing
from trialsite.listing.reading import make_reading
from trialsite.protocol.current import get_protocol

NOT_YOURS = "This listing is not yours to take any more: your role or your sites have changed. Ask for another one."
NOTHING = "Nothing that you may read is stored there yet. Ask again once something is."


def make_listing(order: Order) -> Made:
    """Everything that the person may read at the moment, as one ZIP archive."""
    site = str(order.parameters.get("site", ""))
    reading = make_reading(order.user, get_protocol(), site)
    if reading is None or not order.user.may(Permission.TAKE_LISTING):
        raise CannotMakeError(NOT_YOURS)
    wanted = {"site": site} if site else {}
    with reading_at_once():
        moment = reading.find_moment()
        if moment is None:
            raise CannotMakeError(NOTHING)
        taken = write_listing(order, reading, wanted, moment)
    where = f"site {site}" if site else "all that may be read"
    return Made(
        file_name=f"listing{f'-{site}' if site else ''}-{moment:%Y%m%dT%H%M%SZ}.zip",
        media_type="application/zip",
        action="export_listing",
        detail=(
            f"Listing of {where}, as of {moment:%Y-%m-%d %H:%M:%S} UTC: {taken.file_count} files,"
            f" {taken.row_count} rows; contents SHA-256 {taken.digest}."
        ),
        subject=Subject(site_code=site, is_restricted=order.user.may(Permission.VIEW_RESTRICTED_RECORDS)),
    )
