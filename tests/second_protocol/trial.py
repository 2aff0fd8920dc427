"""The second trial, and a third one made from it: the same shape, every name and number of the file another.

Code that knows a visit by its key, an arm by its name, a phase by its number or a threshold by heart works for PREMiSe and
fails here.
"""

from pathlib import Path

from tests.protocol.samples import BRAVE

# As the second file has it -> as the third has it. Long names first, for some are part of others.
RENAMED = {
    'key = "brave_dreams_shape"': 'key = "all_renamed"',
    'key = "screening"': 'key = "first_look"',
    'key = "baseline"': 'key = "before"',
    'key = "procedure"': 'key = "treatment_day"',
    'key = "hour_24"': 'key = "next_morning"',
    'key = "month_3"': 'key = "winter"',
    'key = "month_6"': 'key = "spring"',
    'key = "month_9"': 'key = "summer"',
    'key = "month_12"': 'key = "autumn"',
    'key = "unscheduled"': 'key = "between"',
    'baseline_visits = ["screening"]': 'baseline_visits = ["first_look"]',
    'visit = "month_3"': 'visit = "winter"',
    'per_protocol_visit = "month_12"': 'per_protocol_visit = "autumn"',
    'label = "24 hours"': 'label = "Next morning"',
    'label = "Month 3"\nshort_label = "M3"': 'label = "Winter"\nshort_label = "Win"',
    'label = "Month 6"\nshort_label = "M6"': 'label = "Spring"\nshort_label = "Spr"',
    'label = "Month 9"\nshort_label = "M9"': 'label = "Summer"\nshort_label = "Sum"',
    'label = "Month 12"\nshort_label = "M12"': 'label = "Autumn"\nshort_label = "Aut"',
    'arms = ["angioplasty", "sham"]': 'arms = ["balloon", "mock"]',
    "angioplasty = 2, sham = 1": "balloon = 2, mock = 1",
    'key = "angioplasty"\nlabel = "Venous angioplasty"': 'key = "balloon"\nlabel = "Balloon treatment"',
    'key = "sham"\nlabel = "Sham procedure"': 'key = "mock"\nlabel = "Mock treatment"',
    "number = 1": "number = 7",
    "phases = [1]": "phases = [7]",
    "neck_reflux_above_s = 0.88": "neck_reflux_above_s = 0.77",
    "reduction_above_pct = 75": "reduction_above_pct = 61",
}


def write_renamed(folder: Path) -> Path:
    """The third file, in a folder of the test."""
    text = BRAVE.read_text(encoding="utf-8")
    for old, new in RENAMED.items():
        if old not in text:
            raise ValueError(f"the second file no longer says {old}")
        text = text.replace(old, new)
    path = folder / "all_renamed.toml"
    path.write_text(text, encoding="utf-8")
    return path
