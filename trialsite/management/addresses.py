"""Every address of the site, read from the resolver."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from trialsite.accounts.roles import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One URL pattern. `permissions` is None when the view asks for none, not even for a person; empty for anyone signed in."""

    name: str
    pattern: str
    arguments: frozenset[str]
    is_public: bool
    permissions: frozenset[Permission] | None


def list_addresses() -> list[Address]:
    return [_describe(name, pattern, found) for name, pattern, found in _walk(get_resolver())]


def _walk(resolver: URLResolver, namespace: str = "", prefix: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for found in resolver.url_patterns:
        pattern = prefix + str(found.pattern)
        if isinstance(found, URLResolver):
            inner = f"{namespace}{found.namespace}:" if found.namespace else namespace
            yield from _walk(found, inner, pattern)
        else:
            yield namespace + (found.name or ""), pattern, found


def _describe(name: str, pattern: str, found: URLPattern) -> Address:
    view: Callable[..., Any] = found.callback
    return Address(
        name=name,
        pattern=f"/{pattern}",
        arguments=frozenset(found.pattern.converters),
        is_public=not getattr(view, "login_required", True),
        permissions=getattr(view, "required_permissions", None),
    )
