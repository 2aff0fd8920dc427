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
    if part in _ASKED and which in _ANSWERS:
        return _ANSWERS[which]
    if part in _PATIENTS:
        return "patients"
    if which == EVENT:
        return _EVENTS.get(part, IN_WORDS[EVENT])
    return IN_WORDS.get(which) or f"patients with exactly {which}"


_PATIENTS = frozenset({"flow", "everyone"})
"""Where all are meant, whatever is known of them."""
_ASKED = frozenset({"blinding", "conduct", "conduct_visits"})
_ANSWERS = {
    EVENT: "patients with this answer",
    PRESENT: "patients of whom this is known",
    MISSING: "patients of whom this is not known",
}
_EVENTS = {
    "response": "patients who responded",
    "lesions": "patients with one or more",
    "relapses": "patients with one or more",
    "planned_rates": "patients with one or more",
    "time_to_relapse": "patients with a relapse",
    "time_to_report": "patients with a relapse",
}
