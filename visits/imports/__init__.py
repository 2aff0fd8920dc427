"""Readings that come as a file: judged as if they were typed, stored as drafts through the same gate, all of them or none."""
