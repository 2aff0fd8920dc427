"""The settings of the product, in test mode: what pytest and mypy read."""

import os

os.environ.setdefault("TRIALSITE_MODE", "test")

from trialsite.settings import *  # noqa: F403 - settings are meant to be taken over whole, once the mode is set

# Hashing passwords well takes a tenth of a second; a test signs in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
