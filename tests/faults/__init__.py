"""The fault rig: a broker on real databases, and what becomes of it when something breaks.

proxy      a TCP proxy that does to a connection what networks do
rig        a partnership on a real PostgreSQL (by asyncpg, and by ODBC) behind proxies
rows       each fault as a row of a table: what is broken, who sees what, how it recovers
page       writes that table to docs/reference/faults.md (``make faults-page``)
"""
