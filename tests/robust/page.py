"""A page as its reader sees it: a tree of elements, the inputs of its forms, and what stands beside one of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
# The smallest boxes that hold one item: of a case report form, of a grid, of any other form.
BOXES = ("crf-item", "reason-box", "question")
NOT_TYPED = frozenset({"submit", "button", "image", "reset"})


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, tag: str, **attributes: str) -> "list[Element]":
        found = (element for element in self.walk() if element.tag == tag)
        return [one for one in found if all(one.attributes.get(key) == value for key, value in attributes.items())]

    def ancestors(self) -> Iterator["Element"]:
        element = self.parent
        while element is not None:
            yield element
            element = element.parent


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("document", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(made)
        if tag not in VOID:
            self.here = made

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.here.tag == tag, f"<{self.here.tag}> is closed by </{tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def read_page(body: bytes) -> Element:
    """The tree of a page; a tag that is closed by another one is an error of the page."""
    builder = _Builder()
    builder.feed(body.decode())
    builder.close()
    return builder.root


def inputs_of(page: Element) -> list[Element]:
    """Everything with a name in forms that are sent with POST, but buttons."""
    forms = [form for form in page.find("form") if form.attributes.get("method", "").lower() == "post"]
    controls = (one for form in forms for one in form.walk() if one.tag in {"input", "select", "textarea"})
    return [
        one for one in controls if one.attributes.get("name") and one.attributes.get("type", "text") not in NOT_TYPED
    ]


def names_of(page: Element) -> list[str]:
    """The names of all inputs, each once, in the order of the page."""
    return list(dict.fromkeys(one.attributes["name"] for one in inputs_of(page)))


def choices_of(page: Element, name: str) -> list[str]:
    """What can be chosen in an input: options of a list, buttons, boxes; nothing where words are typed."""
    codes: list[str] = []
    for one in inputs_of(page):
        if one.attributes["name"] != name:
            continue
        if one.tag == "select":
            codes += [option.attributes.get("value", option.text) for option in one.find("option")]
        elif one.attributes.get("type") in {"radio", "checkbox"}:
            codes.append(one.attributes.get("value", "on"))
    return codes


def values_of(page: Element) -> dict[str, list[str]]:
    """What a browser would send if the person now pressed the button."""
    sent: dict[str, list[str]] = {}
    for one in inputs_of(page):
        sent.setdefault(one.attributes["name"], []).extend(_values(one))
    return {name: values for name, values in sent.items() if values}


def _values(one: Element) -> list[str]:
    if one.tag == "textarea":
        text = "".join(child for child in one.children if isinstance(child, str))
        return [text.removeprefix("\r\n").removeprefix("\n")]
    if one.tag == "select":
        options = one.find("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        return [option.attributes.get("value", option.text) for option in chosen]
    if one.attributes.get("type") in {"radio", "checkbox"}:
        return [one.attributes.get("value", "on")] if "checked" in one.attributes else []
    return [one.attributes.get("value", "")]


def words_beside(page: Element, name: str) -> str:
    """The text in the box of one input: its label, its errors, the questions about it."""
    (first, *_) = [one for one in inputs_of(page) if one.attributes["name"] == name]
    return next(box for box in first.ancestors() if _is_box(box)).text


def _is_box(element: Element) -> bool:
    is_crispy = element.attributes.get("id", "").startswith("div_id_")
    return is_crispy or element.tag == "td" or bool(element.classes & set(BOXES))
