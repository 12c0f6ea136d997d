"""Notices: telling people by email or webhook that a finding waits. They name its id, its rule and a count, and
nobody.
"""
