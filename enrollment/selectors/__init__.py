"""What this app reads from the database for its pages and for the apps above it."""
