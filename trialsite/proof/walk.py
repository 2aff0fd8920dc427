"""Finding the questions: every address of the resolver, every link, every form, every method, every parameter."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from django.apps import apps
from django.urls import Resolver404, resolve

from trialsite.management.addresses import list_addresses
from trialsite.proof.asking import Answer, Question, Sent
from trialsite.proof.pages import Form, find_forms, find_links
from trialsite.proof.people import ASKING
from trialsite.proof.samples import make_samples
from trialsite.proof.twin import restricted_models
from trialsite.protocol.current import get_protocol

OTHER_METHODS = ("head", "options", "put", "patch", "delete", "trace")
NAMES_AT_ONCE = 900  # Django refuses an address with more parameters than a form may have fields
# What is not a page's own: the token of forms, and how the framework reads the method.
NOT_OWN = frozenset({"csrfmiddlewaretoken", "_method"})
EVERYBODY = frozenset(map(str, ASKING))
Asked = tuple[Question, Answer]
Ask = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much is asked of each person. Of what is alike, so many are asked: addresses, links, forms, names in parameters.

    `one_reader` names who alone opens what begins with an address: what costs much and is the same for all. `deep` names
    who follows links, sends forms and tries parameters; everybody, where it is empty. `old_hands` names roles of which an account of the
    installation itself opens what has no argument. Where `shares` is set, methods and what must not be
    found are shared among the people instead of being asked by each.
    """

    samples: int = 3
    links: int = 3
    forms: int = 2
    names: int = 4
    shares: bool = False
    one_reader: dict[str, str] = field(default_factory=dict)
    deep: frozenset[str] = frozenset()
    old_hands: frozenset[str] = EVERYBODY


TO_FILE = Depth(names=20)


def walk(person: str, place: int, ask: Ask, depth: Depth) -> Iterator[Asked]:
    """Everything that is asked as one person, with the answers; `place` is which of the people it is, so that they share the rare questions."""
    yield from _Walk(person, place, ask, depth).go()


class _Walk:
    def __init__(self, person: str, place: int, ask: Ask, depth: Depth) -> None:
        self.person, self.place, self.depth, self._ask = person, place, depth, ask
        self.known: set[Question] = set()
        self.kinds: Counter[tuple[object, ...]] = Counter()
        self.waiting: deque[Question] = deque()
        self.reads: dict[str, tuple[str, set[str]]] = {}  # view -> one of its addresses, and the parameters it asks for

    def go(self) -> Iterator[Asked]:
        for n, address in enumerate(list_addresses()):
            samples = make_samples(address, self.depth.samples)
            for sample, url in enumerate(samples):
                if self._is_mine(n + sample) or not sample:
                    self._add("get", url)
            self._add_methods(samples[0], n)
        yield from self._empty()
        for view, (url, read) in sorted(self.reads.items()):
            self._add_parameters(view, url, sorted(read - NOT_OWN))
        yield from self._empty()

    def _empty(self) -> Iterator[Asked]:
        while self.waiting:
            question = self.waiting.popleft()
            answer = self._ask(question)
            yield question, answer
            self._learn(question, answer)

    def _add(self, method: str, url: str, sent: Sent = ()) -> None:
        question = Question(self.person, method, url, sent)
        is_others = any(
            url.startswith(prefix) and reader != self.person for prefix, reader in self.depth.one_reader.items()
        )
        if question not in self.known and not is_others:
            self.known.add(question)
            self.waiting.append(question)

    def _is_mine(self, n: int) -> bool:
        """Of what is shared, every third for each person."""
        return not self.depth.shares or (n + self.place) % 3 == 0

    def _add_methods(self, url: str, n: int) -> None:
        """Every method; or one of them, another for each person."""
        every = ("post", *OTHER_METHODS)
        rare = (every[(n + self.place) % len(every)],) if self.depth.shares else every
        for method in rare:
            self._add(method, url)

    def _learn(self, question: Question, answer: Answer) -> None:
        is_shallow = bool(self.depth.deep) and self.person not in self.depth.deep
        if is_shallow or question.method not in {"get", "htmx"} or answer.status != 200:
            return
        if answer.view:
            self.reads.setdefault(answer.view, (question.url.split("?")[0], set()))[1].update(answer.read)
        if dict(answer.headers).get("Content-Type", "").startswith("text/html"):
            for method, url in find_links(answer.body, question.url):
                self._add_link(method, url)
            for form in find_forms(answer.body, question.url):
                self._add_form(question, form)

    def _is_new_kind(self, most: int, *kind: object) -> bool:
        self.kinds[kind] += 1
        return self.kinds[kind] <= most

    def _add_link(self, method: str, url: str) -> None:
        parts = urlsplit(url)
        names = tuple(sorted({pair.split("=")[0] for pair in parts.query.split("&")}))
        question = Question(self.person, method, url)
        if question not in self.known and self._is_new_kind(self.depth.links, method, view_of(parts.path), names):
            self._add(method, url)

    def _add_form(self, page: Question, form: Form) -> None:
        view = (view_of(page.url.split("?")[0]), view_of(form.action.split("?")[0]), tuple(sorted(form.values))[:4])
        if form.method == "get":
            for name, choices in form.choices.items():
                for choice in choices[: self.depth.links]:
                    if self._is_new_kind(self.depth.links, "choose", *view, name):
                        chosen = {**form.values, name: [choice]}
                        self._add("get", f"{form.action.split('?')[0]}?{urlencode(chosen, doseq=True)}")
        elif self._is_new_kind(self.depth.forms, "send", *view):
            for button in form.buttons[:3] or [("", "")]:
                sent = {**form.values, **({button[0]: [button[1]]} if button[0] else {})}
                self._add("post", form.action, tuple((name, tuple(values)) for name, values in sorted(sent.items())))

    def _add_parameters(self, view: str, url: str, read: Sequence[str]) -> None:
        """The names of all columns as parameters; and what is hidden as the value of every parameter that the page asks for."""
        names = column_names()
        for at in range(0, len(names), NAMES_AT_ONCE):
            words = dict.fromkeys(names[at : at + NAMES_AT_ONCE], arm_words()[0])
            self._add("get", f"{url}?{urlencode(words)}")
        if not read:
            return
        hidden = hidden_names()
        start = (self.place + sum(view.encode())) % len(hidden)
        for name in (hidden[start:] + hidden[:start])[: self.depth.names]:
            self._add("get", f"{url}?{urlencode(dict.fromkeys(read, name))}")


def view_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return path


def column_names() -> list[str]:
    """Every column that exists in the database."""
    return sorted({str(field.column) for model in apps.get_models() for field in model._meta.concrete_fields})


def arm_words() -> list[str]:
    """The keys of the arms that are drawn."""
    protocol = get_protocol()
    return [key for phase in protocol.phases if phase.allocation is not None for key in phase.allocation.ratio]


def hidden_names() -> list[str]:
    """What somebody would try who wants to sort or filter by an arm: its words, and the columns that could tell it."""
    models = [*apps.get_app_config("vault").get_models(), *restricted_models()]
    columns = {str(field.column) for model in models for field in model._meta.concrete_fields}
    guesses = [
        "arm",
        "-arm",
        "arm__icontains",
        "allocation",
        "draw__slot__sealed_arm",
        "group",
        "is_restricted",
        "treatment",
    ]
    return [*arm_words(), *guesses, *sorted(columns - set(guesses))]
