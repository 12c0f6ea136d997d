"""Destroying keys: proposed by one person and approved by another, never too early, never under a legal hold.

The certificate is an entry, durable before anything is destroyed. What a crash left is finished by the next start,
and so is what somebody brought back from an older copy of the keys.
"""
