"""Files that people write by hand: read strictly, and faulted like a good proof-reader.

``read(path, Model)`` gives a pydantic model, or raises ``Faults`` with every fault at once, each as
``file:line:col`` with the line itself, a caret and, where there is one, a likely meaning.
"""
