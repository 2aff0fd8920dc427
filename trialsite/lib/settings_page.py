"""The reference page of the settings, written from the table the settings are read by."""

import os
from pathlib import Path

from trialsite.lib.env import FILE_SUFFIX, Setting
from trialsite.lib.options import (
    DEMO,
    DEMO_ALLOCATION_KEY,
    DEMO_SECOND_FACTOR_KEY,
    DEMO_SECRET_KEY,
    KNOWN,
    MODE,
    PREFIX,
    PRODUCTION,
)

ROOT = Path(__file__).parents[2]
INTRODUCTION = f"""\
# Settings

*Written by `manage.py write_reference` from `trialsite/lib/options.py`; a test compares.*

Trialsite reads its settings from environment variables when it starts. A value that is wrong, a name that starts with
`{PREFIX}` and is not in this list, or a value that is not safe outside the demo: each ends the start, and one message
names them all. An empty variable counts as absent.

A setting marked "or file" may instead come from a file: `NAME{FILE_SUFFIX}` holds the path. Secrets never appear in a
message.

| setting | meaning | default in production | default in the demo |
|---|---|---|---|
"""


def show_default(setting: Setting, mode: str) -> str:
    text = mode if setting is MODE else setting.default_in(mode)
    if text is None:
        return "**must be given**"
    if text in (DEMO_SECRET_KEY, DEMO_ALLOCATION_KEY, DEMO_SECOND_FACTOR_KEY):
        return "a public key"
    return f"`{text.removeprefix(str(ROOT) + os.sep)}`" if text else "none"


def show_row(setting: Setting) -> str:
    name = f"`{setting.name}`" + (" or file" if setting.is_secret else "")
    defaults = " | ".join(show_default(setting, mode) for mode in (PRODUCTION, DEMO))
    return f"| {name} | {setting.meaning} | {defaults} |\n"


def write_settings_page() -> str:
    """The page as Markdown."""
    return INTRODUCTION + "".join(show_row(setting) for setting in KNOWN)
