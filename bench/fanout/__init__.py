"""``make bench-fanout``: many sources at once, while they break and while there is too much to do.

own_cost   a query of six PostgreSQL databases, beside a bare loop and beside postgres_fdw (``six``, ``peers``)
growth     time by the number of sources, each of which takes the same time; drawn by ``plots``
load       three times what the broker can do, for a minute: what is still answered, and who is told to come back
twenty     twenty sources, half of them faulty, each in its own way: time, truth, recovery, leaks
"""
