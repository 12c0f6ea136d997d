"""Files that people write by hand: read strictly, and faulted like a good proof-reader.

``read(path, Model)`` gives a pydantic model, or raises ``Faults`` with every fault at once, each as
``file:line:col`` with the line itself, a caret and, where there is one, a likely meaning.
"""

from handwritten.faults import Fault, Faults, Positions, Steps, fault_at
from handwritten.reading import read, read_bytes, read_with_digest
from handwritten.schemas import schema_of

__all__ = [
    "Fault",
    "Faults",
    "Positions",
    "Steps",
    "fault_at",
    "read",
    "read_bytes",
    "read_with_digest",
    "schema_of",
]
