"""Watching the log for look-ups out of pattern: rules that people write, findings that a human decides.

``model`` and ``load`` are the rules' file; ``facts`` is what the rules look at, by keyed tags alone; ``counting``,
``knowing`` and ``overdue`` are the rules themselves, pure; ``reading`` makes facts of entries; ``queue`` is
what was found and decided, as the log has it; ``watch`` runs beside the broker; ``notices``, ``mail`` and
``webhook`` tell people.
"""
