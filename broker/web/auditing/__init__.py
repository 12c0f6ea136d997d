"""The auditor's console, and a team manager's view: pages over the readings of the log that ``broker.api.audit``
has.
"""
