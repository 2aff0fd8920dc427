"""Which of the patients behind a table a number counts, as addresses and pages say it. Pure, and light to import."""

EVENT, PRESENT, MISSING = "event", "present", "missing"
IN_WORDS = {
    PRESENT: "patients with a value",
    MISSING: "patients without a value",
    EVENT: "patients with an event",
    "F": "women",
    "M": "men",
}


def is_known(which: str) -> bool:
    return which in IN_WORDS or (which.isascii() and which.isdecimal())


def say_which(which: str, part: str) -> str:
    """Which patients a number of this part counts, in words."""
    if which == EVENT:
        return _EVENTS.get(part, IN_WORDS[EVENT])
    return IN_WORDS.get(which) or f"patients with exactly {which}"


_EVENTS = {
    "response": "patients who responded",
    "lesions": "patients with one or more",
    "relapses": "patients with one or more",
}
