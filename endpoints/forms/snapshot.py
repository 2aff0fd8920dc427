"""What the statistician types to make a snapshot."""

from django import forms

from enrollment.vault.snapshots import LONGEST_NOTE


class SnapshotForm(forms.Form):
    """Why the trial is frozen now."""

    note = forms.CharField(
        label="What is it for?",
        max_length=LONGEST_NOTE,
        help_text="Such as: interim safety review, or database lock. It is kept encrypted and cannot be changed later.",
        error_messages={"required": "Say what the snapshot is for."},
    )
