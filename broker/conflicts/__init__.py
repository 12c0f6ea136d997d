"""Is somebody in a check the requester, of their household, or a colleague? Then a colleague asks, or they say so.

    ties.py      what ties a requester to whom they ask about, as token and staff directory have it (pure)
    deciding.py  what the flow does about it

What is decided depends on the question, the token and the staff directory, before any source is asked: so nobody
learns from it whether a service holds anything (law 5).
"""
