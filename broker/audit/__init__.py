"""The audit log: what was asked and disclosed, durable before it happens, verifiable by anyone.

``docs/reference/audit-log.md`` is the format. ``log`` writes it, ``reader`` reads and verifies it, ``tree`` and
``checkpoint`` are the parts that an auditor's own tools understand (RFC 6962, C2SP).
"""
