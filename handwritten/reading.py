"""Reading a handwritten file into a pydantic model, with every fault of it named at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from handwritten.characters import LARGEST_BYTES
from handwritten.composing import Composed, compose
from handwritten.faults import Fault, Faults, Positions
from handwritten.sentences import faults_of
from handwritten.traps import traps

M = TypeVar("M", bound=BaseModel)


def read(path: Path, model: type[M]) -> M:
    """The file as ``model``. Raises Faults, also for a file that is not there."""
    return read_with_digest(path, model)[0]


def read_with_digest(path: Path, model: type[M]) -> tuple[M, str, Positions]:
    """The file as ``model``, the SHA-256 of its bytes (hexadecimal), and where everything stands in it."""
    raw = _bytes_of(path)
    made, positions = read_bytes(raw, model, path)
    return made, hashlib.sha256(raw).hexdigest(), positions


def read_bytes(raw: bytes, model: type[M], path: Path) -> tuple[M, Positions]:
    """The bytes of a file as ``model``. ``path`` is only for the faults. Raises Faults."""
    composed = compose(raw, path)
    faults = dict.fromkeys([*composed.faults, *traps(model, composed)])
    try:
        made = model.model_validate(composed.content)
    except ValidationError as errors:
        raise Faults(_all_of(faults, errors, model, composed)) from None
    if faults:
        raise Faults(faults)
    return made, composed.positions


def _bytes_of(path: Path) -> bytes:
    """No more than is needed to see that a file is too large."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as fault:
        raise Faults([Fault(path, 1, 1, f"This file cannot be read: {fault.strerror}.")]) from None
    except ValueError:
        raise Faults([Fault(path, 1, 1, "This file cannot be read: no file can be called so.")]) from None


def _all_of(
    known: dict[Fault, None], errors: ValidationError, model: type[BaseModel], composed: Composed
) -> list[Fault]:
    """A trap's fault, and what the model says; where both speak of one place, the trap's says why."""
    trapped = {(one.line, one.column) for one in known}
    found = dict.fromkeys(faults_of(errors.errors(include_url=False), model, composed.positions))
    return [*known, *(one for one in found if (one.line, one.column) not in trapped)]
