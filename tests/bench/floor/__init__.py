"""The least work for the same page: signed in, three good queries for a grid, a form of as many fields, and a save with its audit."""
