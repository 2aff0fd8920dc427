"""What can happen to a patient on the way into the trial: one function an act, each with its audit in the same transaction."""
