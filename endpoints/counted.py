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
    if part == "blinding":
        return {"no_answer": "patients without an answer", PRESENT: "patients asked"}.get(
            which, "patients who do not know"
        )
    if part in _PATIENTS:
        return "patients"
    if which == EVENT:
        return _EVENTS.get(part, IN_WORDS[EVENT])
    return IN_WORDS.get(which) or f"patients with exactly {which}"


_PATIENTS = frozenset({"flow", "everyone", "conduct"})
"""Where all are meant, whatever is known of them."""
_EVENTS = {
    "response": "patients who responded",
    "lesions": "patients with one or more",
    "relapses": "patients with one or more",
    "planned_rates": "patients with one or more",
    "time_to_relapse": "patients with a relapse",
    "time_to_report": "patients with a relapse",
}
