"""Whether each data query is as restricted as the form that it asks about, and each message as its query."""

from collections.abc import Iterator

from django.db.models import F, Q

from trialsite.audit.verify import Problem
from trialsite.queries.models import RESTRICTED_FORMS, RESTRICTED_KINDS, DataQuery, QueryMessage

_IS_OPEN, _IS_RESTRICTED = Q(is_restricted=False), Q(is_restricted=True)
_OF_RESTRICTED = Q(form_key__in=RESTRICTED_FORMS) | Q(record_kind__in=RESTRICTED_KINDS)


def verify_queries() -> Iterator[Problem]:
    """An open query at a restricted form was put there past the product, which reads none and writes none."""
    differs = (_IS_OPEN & _OF_RESTRICTED) | (_IS_RESTRICTED & ~_OF_RESTRICTED)
    for query in DataQuery.objects.filter(differs).order_by("pk").iterator():
        sentence = "it is not as restricted as the form that it asks about"
        yield Problem(kind="altered", place=f"data query {query.pk}", sentence=sentence)
    for message in QueryMessage.objects.exclude(is_restricted=F("query__is_restricted")).order_by("pk").iterator():
        place = f"message {message.number} of data query {message.query_id}"
        yield Problem(kind="altered", place=place, sentence="it is not as restricted as its query")
