"""``make bench-matching``: who is who, measured beside other systems on data that others made.

Nothing here is tuned on what it reports: FEBRL 1 to 3, one half of pseudopeople's households and fixed seeds of
Northshire are for development; FEBRL 4, the other half and a seed drawn at run time are reported.
"""
