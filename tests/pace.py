"""What makes every test a little faster, without a test knowing of it."""

import gc
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.template import Context, RequestContext, Template
from django.test import client
from django.test.utils import ContextList
from xdist.remote import Producer
from xdist.scheduler import WorkStealingScheduling


def _below_one_large_frame(call: Callable[[], object]) -> None:
    call()


# CPython keeps frames in chunks of 16 KB and gives a chunk back as soon as it is left. The rendering of a page goes up and
# down across such an edge hundreds of times, and each time asks the kernel for memory. A frame that needs a megabyte makes
# CPython take one chunk that is large enough for everything below it.
_below_one_large_frame.__code__ = _below_one_large_frame.__code__.replace(co_stacksize=70_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _below_one_large_frame(lambda: runtestprotocol(item, nextitem=nextitem))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests and all libraries stay to the end; the garbage collector need not look through them each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WorkStealingScheduling | None:
    """Give each worker whole modules, as far as it goes: what a module stores once is then stored once."""
    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def keep_contexts_of_pages() -> Iterator[None]:
    """An answer's `context` is that of the page. Django's client copies it for each of the hundreds of templates of its fields too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "store_rendered_templates", _store_page)
        yield


def _store_page(store: dict[str, Any], *, template: Template, context: Context, **_: Any) -> None:
    if isinstance(context, RequestContext) and context.template is template:
        store.setdefault("templates", []).append(template)
        store.setdefault("context", ContextList()).append(copy(context))
