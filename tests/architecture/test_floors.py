"""What the import linter cannot see: relations named by a string, and pages that link to pages.

The floors are those of the import contract in pyproject.toml; nothing points upward.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, get_resolver

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
# Folders of templates that are not named after their app. What is left is of the roof, which may link to all.
OWNERS = {"crf": "trialsite.records"}
LINK = re.compile(r"{%\s*url\s+['\"]([^'\"]+)['\"]")


def read_floors() -> list[str]:
    """The parts of the house from the top down; those of the roof stand on one line."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(found for found in config["tool"]["importlinter"]["contracts"] if found["id"] == "floors")
    return [layer.replace("(", "").replace(")", "") for layer in contract["layers"][1:]]


FLOORS = read_floors()
ROOF = -1


def floor_of(module: str) -> int:
    """0 is just below the roof; the higher the number, the lower the floor."""
    return next((level for level, part in enumerate(FLOORS) if f"{module}.".startswith(f"{part}.")), ROOF)


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if floor_of(model.__module__) != ROOF]


def upward_relations(model: type[Model]) -> list[str]:
    fields = [field for field in model._meta.get_fields() if field.is_relation and not field.auto_created]
    targets = [(field, field.related_model) for field in fields if isinstance(field.related_model, type)]
    return [
        f"{model._meta.label}.{field.name}"
        for field, target in targets
        if target in own_models() and floor_of(target.__module__) < floor_of(model.__module__)
    ]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_no_relation_points_upward(model: type[Model]) -> None:
    assert upward_relations(model) == []


def named_views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every URL name with its namespaces, and the module of its view."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield prefix + pattern.name, getattr(pattern.callback, "view_class", pattern.callback).__module__
        else:
            yield from named_views(
                pattern.url_patterns, prefix + (f"{pattern.namespace}:" if pattern.namespace else "")
            )


def owner_of(template: Path) -> str:
    folder = template.relative_to(TEMPLATES).parts[0]
    known = [part for part in FLOORS if part.rsplit(".", 1)[-1] == folder]
    return OWNERS.get(folder) or (known[0] if known else "")


def upward_links(text: str, owner: str, views: dict[str, str]) -> list[str]:
    return [name for name in LINK.findall(text) if name in views and floor_of(views[name]) < floor_of(owner)]


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_page_links_upward(template: Path) -> None:
    views = dict(named_views(get_resolver().url_patterns))
    assert upward_links(template.read_text(encoding="utf-8"), owner_of(template), views) == []


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_every_link_names_a_page(template: Path) -> None:
    views = dict(named_views(get_resolver().url_patterns))
    assert [name for name in LINK.findall(template.read_text(encoding="utf-8")) if name not in views] == []


def test_an_upward_link_would_be_found() -> None:
    views = {"report": "endpoints.views", "patients": "enrollment.views"}
    text = "{% url 'report' %} {% url 'patients' %}"
    assert upward_links(text, "visits", views) == ["report"]
    assert upward_links(text, "", views) == []


def test_the_floors_are_known() -> None:
    assert floor_of("trialsite.listing.views") == 0
    assert floor_of("trialsite.trail.views") < floor_of("endpoints.views")
    assert floor_of("endpoints.views") < floor_of("enrollment.models.patient") < floor_of("trialsite.lib.env")
    assert floor_of("trialsite.urls") == ROOF
    assert len(own_models()) > 3
