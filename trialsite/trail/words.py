"""What people call the acts that the trail keeps."""

from trialsite.accounts.presenters import EVENT_LABELS

ACTION_WORDS = {
    **EVENT_LABELS,
    "create": "Entered",
    "edit": "Draft changed",
    "correct": "Corrected",
    "complete": "Completed",
    "reopen": "Reopened as a draft",
    "sign": "Signed",
    "void_signature": "Signature void",
    "verify": "Verified against the source",
    "unverify": "No longer verified",
    "freeze": "Frozen",
    "thaw": "Freeze ended",
    "lock": "Locked",
    "ask_unlock": "Unlock asked for",
    "unlock": "Unlocked",
    "decline_unlock": "Unlock declined",
    "remark": "Remark on an entry",
    "register": "Registered",
    "enroll": "Enrolled",
    "randomize": "Randomized",
    "draw_slot": "Slot of the list drawn",
    "confirm_eligibility": "Eligibility confirmed",
    "fail_screening": "Screening failure",
    "reopen_screening": "Screening reopened",
    "withdraw": "Withdrawn",
    "refuse_draw": "Draw refused",
    "publish_commitment": "Digest of the sealed list published",
    "generate_list": "Allocation list generated",
    "upload_list": "Allocation list uploaded",
    "seal_list": "Allocation list sealed",
    "void_slot": "Slot voided",
    "rotate_allocation_key": "Key of the vault changed",
    "register_used_list": "Used list registered",
    "verify_list": "Allocation list verified",
    "reveal_arm": "Arm shown",
    "break_code": "Code broken",
    "assess_code_break": "Code break assessed",
    "justify_change": "Why changed by somebody who knows the treatment",
    "refuse_reveal": "Arm not shown",
    "check_against_arm": "Form held against the arm",
    "read_arms": "Arms read",
    "fix_analysis_sets": "Analysis sets fixed",
    "ask_release": "Release of the arms asked for",
    "confirm_release": "Arms released for analysis",
    "decline_release": "Release declined",
    "telling_words": "Words left that may tell an arm",
    "tell_unblinded": "Message to the unblinded",
    "read_ledger": "Ledger of who knows what read",
    "read_list": "Released list read",
    "make_snapshot": "Snapshot made",
    "read_snapshot": "Snapshot read",
    "read_outflow": "Outflow after the procedure shown for the first time",
    "refused_access": "Refused access",
    "print": "Printed",
    "export_trail": "Audit trail exported",
    "simulate": "Simulation made",
    "export_listing": "Listing of everything taken",
    "open_query": "Asked",
    "answer_query": "Answered",
    "close_query": "Closed",
    "reopen_query": "Asked again",
    "review_trail": "Audit trail reviewed",
    "build_demo": "Synthetic trial built",
    "import": "Readings imported",
    "backup": "Backup made",
    "restore": "Restored from a backup",
}

# Words that only restricted events bear: who may not see these events is not offered them.
RESTRICTED_ACTIONS = frozenset(
    {
        "draw_slot",
        "reveal_arm",
        "break_code",
        "assess_code_break",
        "justify_change",
        "refuse_reveal",
        "check_against_arm",
        "read_arms",
        "read_list",
        "read_ledger",
        "telling_words",
        "tell_unblinded",
        "make_snapshot",
        "read_snapshot",
        "generate_list",
        "upload_list",
        "seal_list",
        "verify_list",
        "void_slot",
        "rotate_allocation_key",
        "register_used_list",
    }
)


def action_words(action: str) -> str:
    return ACTION_WORDS.get(action) or action.replace("_", " ").capitalize()


def page_words(address: str) -> str:
    """The page that somebody asked for, by the name of its address: "accounts:access_review" is "Page: access review"."""
    return f"Page: {address.rpartition(':')[2].replace('_', ' ')}" if address else ""
