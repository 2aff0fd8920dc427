"""Hypothesis strategies for small samples, with many ties on purpose."""

from hypothesis import strategies as st

COUNTS = st.integers(min_value=0, max_value=6)
SMALL_COUNTS = st.lists(COUNTS, min_size=1, max_size=5)
SMALL_SAMPLES = st.lists(st.integers(min_value=-6, max_value=6).map(lambda n: n / 2), min_size=1, max_size=5)
EVENTS_OF_TOTAL = st.integers(min_value=0, max_value=30).flatmap(
    lambda total: st.tuples(st.integers(min_value=0, max_value=total), st.just(total))
)
EVENTS_OF_SOME = EVENTS_OF_TOTAL.filter(lambda pair: pair[1] > 0)
