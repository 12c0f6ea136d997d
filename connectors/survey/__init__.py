"""Reading a source whole, in pages, so that its owner can be told how good it is.

No connector can do this, and none may: a question of the broker brings the rows that may be one of the people,
and no others. So it is a room of its own, with a protocol of its own, and the command line alone may open it
(import-linter holds that). Rows are read by the same read-only sessions; nothing of them is kept.
"""
