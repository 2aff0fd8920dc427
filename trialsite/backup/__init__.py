"""The whole database in one file, and back: with a manifest that says what it holds, and without the key of the allocation list."""
