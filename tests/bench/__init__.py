"""What a page and a save cost against the least that the same stack can do for them: python -m tests.bench

A tiny app (`tests.bench.floor`) does the least work for the same page. Both are measured in one run, in turns, for only ratios travel from one
computer to another. Everything happens in databases of its own, which are gone afterwards.
"""
