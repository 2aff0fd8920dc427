"""Tells a load balancer whether this process can do its work."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from trialsite.lib.options import BLINDED

logger = logging.getLogger(__name__)

_TOO_MANY_RIGHTS = """
    SELECT EXISTS (
            SELECT 1 FROM pg_namespace n, pg_roles r
            WHERE n.nspname = 'vault' AND pg_has_role(r.oid, 'MEMBER') AND has_schema_privilege(r.oid, n.oid, 'USAGE')
        )
        OR has_database_privilege(current_database(), 'TEMPORARY')
        OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relkind = 'r' AND pg_get_userbyid(c.relowner) = current_user)
        OR NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgname = 'guard_access' AND t.tgenabled = 'O')
        OR NOT row_security_active('public.accounts_unblindedsession')
        OR has_table_privilege('public.queries_dataquery', 'SELECT') OR has_table_privilege('public.jobs_job', 'SELECT')
"""


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 when not; no detail, because anyone may ask.

    A process for blinded people is not well either when its role of the database may look into the vault, owns a table or may make one, reads
    the sessions of the other process, is not kept from its accounts, or looks at tables of which it is to find views alone.
    """
    try:
        has_too_many_rights = _ask()
    except DatabaseError:
        logger.exception("The database does not answer")
        return _unavailable()
    if has_too_many_rights:
        logger.error(
            "The database role of this process may look into the vault, owns tables or may make some, or is not kept from the other side's"
            " accounts, sessions and rows: see docs/how_to/deploy.md"
        )
        return _unavailable()
    return HttpResponse("ok\n", content_type="text/plain")


def _ask() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_TOO_MANY_RIGHTS if settings.SERVES == BLINDED else "SELECT 0")
        return bool(cursor.fetchone()[0])


def _unavailable() -> HttpResponse:
    return HttpResponse("unavailable\n", content_type="text/plain", status=503)
