"""The proof of the blind: two worlds that differ in the arms, and in what only unblinded people enter, answer alike.

From the bottom up: `chance` and `listen` hold still and overhear, `clock_and_team` and `twin` turn a database into its other world, `asking` puts
one question, `samples` and `walk` find the questions, `worlds` asks them in both worlds and compares, `originals` makes a copy
of an installation's database, `report` tells what came out.
"""
