"""Which version of Trialsite runs here."""

from importlib.metadata import PackageNotFoundError, version


def get_version() -> str:
    try:
        return version("trialsite")
    except PackageNotFoundError:
        return "not installed as a package"
