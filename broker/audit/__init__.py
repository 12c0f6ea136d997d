"""The audit log: what was asked and disclosed, durable before it happens, verifiable by anyone.

``docs/reference/audit-log.md`` is the format. ``events`` says what is recorded, ``entry`` makes its bytes, ``log``
and ``writer`` write them, ``reader`` and ``verify`` read them. ``tree``, ``checkpoint`` and ``proof`` are what an
auditor's own tools understand (RFC 6962, C2SP). ``store`` is the only one that knows the log's file.
"""
