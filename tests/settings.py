"""The settings of the product, in test mode: what pytest and mypy read."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("TRIALSITE_MODE", "test")

from trialsite.settings import *  # noqa: F403 - settings are meant to be taken over whole, once the mode is set
from trialsite.settings import DATABASES

# Hashing passwords well takes a tenth of a second; a test signs in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A real file, not memory: with WAL and immediate transactions it behaves as the product does under several threads.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": Path(tempfile.gettempdir()) / f"trialsite-{os.getpid()}.sqlite3"}
