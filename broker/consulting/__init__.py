"""The steps of consulting one source, on the owner's side: search, withhold, match, reduce.

``broker/consult.py`` tells in which order, and why.
"""
