"""Reading a handwritten file into a pydantic model, with every fault of it named at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from handwritten.composing import Composed, compose
from handwritten.faults import Fault, Faults, Positions, Steps

M = TypeVar("M", bound=BaseModel)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read(path: Path, model: type[M]) -> M:
    """The file as ``model``. Raises Faults, also for a file that is not there."""
    return read_with_digest(path, model)[0]


def read_with_digest(path: Path, model: type[M]) -> tuple[M, str, Positions]:
    """The file as ``model``, the SHA-256 of its bytes (hexadecimal), and where everything stands in it."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise Faults([Fault(path, 1, 1, f"This file cannot be read: {fault.strerror}.")]) from None
    made, positions = read_bytes(raw, model, path)
    return made, hashlib.sha256(raw).hexdigest(), positions


def read_bytes(raw: bytes, model: type[M], path: Path) -> tuple[M, Positions]:
    """The bytes of a file as ``model``. ``path`` is only for the faults. Raises Faults."""
    composed = compose(raw, path)
    try:
        made = model.model_validate(composed.content)
    except ValidationError as errors:
        details = errors.errors(include_url=False)
        raise Faults({_fault(one, model, composed.positions): None for one in details}) from None
    guesses = list(_guesses(made, composed))
    if guesses:
        raise Faults(guesses)
    return made, composed.positions


def _fault(error: ErrorDetails, model: type[BaseModel], positions: Positions) -> Fault:
    steps = _steps(error["loc"], positions)
    match error["type"]:
        case "missing":
            return positions.fault(positions.of(steps), f"Here {error['loc'][-1]} is missing. Add it.")
        case "extra_forbidden":
            known = _keys_at(model, steps[:-1])
            sentence = f"There is no {error['loc'][-1]} here."
            return positions.fault(
                positions.of(steps, key=True), sentence, _meant(str(error["loc"][-1]), known)
            )
        case "literal_error":
            return positions.fault(positions.of(steps), *_one_of(error))
        case "value_error":
            sentence = str(error["ctx"]["error"])
            return positions.fault(positions.of(steps), sentence[:1].upper() + sentence[1:].rstrip(".") + ".")
        case kind:
            return positions.fault(positions.of(steps), _SENTENCES.get(kind) or f"{error['msg']}.")


_SENTENCES: Mapping[str, str] = {
    "string_type": "Write a text here.",
    "int_parsing": "Write a whole number here.",
    "int_type": "Write a whole number here.",
    "bool_parsing": "Write true or false here.",
    "bool_type": "Write true or false here.",
    "date_from_datetime_parsing": "Write a date here, as 2026-04-01.",
    "date_parsing": "Write a date here, as 2026-04-01.",
    "date_type": "Write a date here, as 2026-04-01.",
    "date_from_datetime_inexact": "Write a date here, as 2026-04-01.",
    "dict_type": "Write keys with their values here, one a line.",
    "model_type": "Write keys with their values here, one a line.",
    "model_attributes_type": "Write keys with their values here, one a line.",
    "tuple_type": "Write a list here, such as [one, another].",
    "list_type": "Write a list here, such as [one, another].",
    "string_pattern_mismatch": "This is not written in the form that is expected here.",
    "too_short": "Something has to stand here.",
    "string_too_short": "Something has to stand here.",
}


def _steps(location: tuple[int | str, ...], positions: Positions) -> Steps:
    """The way in the file: pydantic's location without the names of unions and validators in it."""
    steps: Steps = ()
    for step in location:
        if (*steps, step) in positions.values:
            steps = (*steps, step)
    return steps


def _one_of(error: ErrorDetails) -> tuple[str, str | None]:
    allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    written = error["input"] if isinstance(error["input"], str) else ""
    return f"This has to be one of: {', '.join(allowed)}.", _meant(written, allowed)


def _meant(written: str, known: list[str]) -> str | None:
    near = get_close_matches(written.lower(), known, n=1)
    return f"Did you mean {near[0]}?" if near else None


def _keys_at(model: Any, steps: Steps) -> list[str]:
    """The keys that may stand at a place, by following the model's own types."""
    reached = [model]
    for step in steps:
        reached = [inner for kind in reached for inner in _inside(kind, step)]
    return [name for kind in reached if _is_model(kind) for name in kind.model_fields]


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    if _is_model(kind) and step in kind.model_fields:
        yield from _alternatives(kind.model_fields[step].annotation)
    elif get_origin(kind) in (dict, tuple, list):
        yield from (one for inner in get_args(kind) if inner is not Ellipsis for one in _alternatives(inner))


def _alternatives(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, UnionType, Annotated):
        yield from (one for inner in get_args(kind) for one in _alternatives(inner))
    else:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _guesses(made: BaseModel, composed: Composed) -> Iterator[Fault]:
    """Values that pydantic would guess: yes and 1 for true, a number for a date."""
    for steps, at in composed.positions.values.items():
        written, value = _follow(composed.content, steps), _follow(made, steps)
        if isinstance(value, bool) and written not in ("true", "false"):
            yield composed.positions.fault(at, "Write true or false here.")
        elif isinstance(value, date) and isinstance(written, str) and not _DATE.fullmatch(written):
            yield composed.positions.fault(at, _SENTENCES["date_parsing"])


def _follow(value: Any, steps: Steps) -> Any:
    for step in steps:
        if isinstance(value, BaseModel):
            value = getattr(value, str(step), None)
        elif isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
