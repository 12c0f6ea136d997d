"""Questions to the audit log, for the command line and the API alike: what to ask, and what was found.

Everything here reads. Whoever shows what was found makes the reading an entry first.
"""
