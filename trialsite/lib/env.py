"""Read named settings from the environment and report everything that is wrong with them at once.

Pure: takes the environment as a mapping, returns plain values.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE_SUFFIX = "_FILE"

Reader = Callable[[str], Any]


@dataclass(frozen=True)
class Setting:
    """One value the environment may hold.

    `read` turns the text into a value and raises ValueError with a clause that completes "NAME ...".
    `default` maps a mode, or "" for every mode, to the text taken when nothing is given.
    A secret may also come from a file named by NAME_FILE and is never repeated in a message.
    """

    name: str
    meaning: str
    read: Reader
    default: Mapping[str, str]
    is_secret: bool = False

    def default_in(self, mode: str) -> str | None:
        return self.default.get(mode, self.default.get(""))


class EnvironmentRefusedError(Exception):
    """The environment cannot be used; `problems` holds one sentence for each reason."""

    HINT = "Every setting is explained in docs/reference/settings.md. A trial run on this computer: make demo"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def explain(self) -> str:
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        return (
            f"Trialsite does not start: its settings need attention.\n{lines}\nAll settings: docs/reference/settings.md"
        )


def names_of(setting: Setting) -> tuple[str, ...]:
    """The environment variables a setting may come from."""
    return (setting.name, setting.name + FILE_SUFFIX) if setting.is_secret else (setting.name,)


def check_unknown(environ: Mapping[str, str], known: Iterable[Setting], prefix: str) -> list[str]:
    """A misspelt name would otherwise leave a default in force without a word."""
    allowed = {name for setting in known for name in names_of(setting)}
    unknown = sorted(name for name in environ if name.startswith(prefix) and name not in allowed)
    return [f"{name} is not a setting of Trialsite; correct or remove it." for name in unknown]


def read_file(name: str, path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ValueError(f"{name} names the file {path!r}, which cannot be read: {reason}.") from error
    if not text:
        raise ValueError(f"{name} names the file {path!r}, which is empty.")
    return text


def find_text(environ: Mapping[str, str], setting: Setting, mode: str) -> str | None:
    """The text given for a setting, directly, by file or by default; an empty variable counts as absent."""
    direct, by_file = environ.get(setting.name, ""), environ.get(setting.name + FILE_SUFFIX, "")
    if not setting.is_secret or not by_file:
        return direct.strip() or setting.default_in(mode)
    if direct:
        raise ValueError(f"{setting.name} and {setting.name}{FILE_SUFFIX} are both given; keep one.")
    return read_file(setting.name + FILE_SUFFIX, by_file)


def read_setting(environ: Mapping[str, str], setting: Setting, mode: str) -> Any:
    text = find_text(environ, setting, mode)
    if text is None:
        raise ValueError(f"{' or '.join(names_of(setting))} is missing: {setting.meaning}")
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "" if setting.is_secret else f" (it is {text!r})"
        raise ValueError(f"{setting.name} {error}{shown}.") from error


def read_settings(environ: Mapping[str, str], known: Iterable[Setting], *, mode: str, prefix: str) -> dict[str, Any]:
    """Every known setting by its name, or EnvironmentRefusedError with all the problems found."""
    known = tuple(known)
    problems = check_unknown(environ, known, prefix)
    values: dict[str, Any] = {}
    for setting in known:
        try:
            values[setting.name] = read_setting(environ, setting, mode)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise EnvironmentRefusedError(problems)
    return values
