"""JSON pointers (RFC 6901): where a value stands in an answer, and what stands there.

A column of a web API is a pointer from the row to the value: ``/name/given/0``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import AfterValidator

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class Absent(Enum):
    """That nothing stands there: not even null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class WrongShape(Exception):
    """On the way of a pointer stands a single value, or a list where a name is asked for."""


def _is_pointer(text: str) -> str:
    if not _POINTER.fullmatch(text):
        raise ValueError("write a JSON pointer: it begins with a slash, like /name/given/0")
    return text


PointerText = Annotated[str, AfterValidator(_is_pointer)]


@dataclass(frozen=True, slots=True)
class Pointer:
    """The steps from a document to a value in it; without steps, the document itself."""

    steps: tuple[str, ...]

    def below(self, other: Pointer) -> bool:
        """Whether it leads through where the other one ends."""
        return self.steps[: len(other.steps)] == other.steps

    def of(self, document: object) -> object:
        """What stands there: ABSENT where there is nothing, also below a null.

        Raises WrongShape where the document is not built as the pointer says.
        """
        found = document
        for left, step in zip(range(len(self.steps) - 1, -1, -1), self.steps, strict=True):
            if isinstance(found, dict):
                found = found.get(step, ABSENT)
            elif isinstance(found, list):
                found = _item(found, step)
            elif found is not ABSENT:
                raise WrongShape
            if left and found is None:
                return ABSENT
        return found


def pointer(text: str) -> Pointer:
    """The pointer that a checked text writes."""
    return Pointer(tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]))


def _item(items: Sequence[object], step: str) -> object:
    if not _INDEX.fullmatch(step):
        raise WrongShape
    place = int(step)
    return items[place] if place < len(items) else ABSENT
