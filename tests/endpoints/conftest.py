"""Settings of the property tests."""

from hypothesis import settings

# A time limit per example would turn a busy machine into a failing test.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")
