"""``make bench-fanout``: many sources at once, while they break and while there is too much to do.

twenty     twenty sources, half of them faulty, each in its own way: time, truth, recovery, leaks
load       three times what the broker can do, for a minute: what is still answered, and who is told to come back
"""
