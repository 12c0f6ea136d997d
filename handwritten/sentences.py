"""What pydantic found, in plain English and at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from handwritten.expecting import keys_at
from handwritten.faults import Fault, Positions, Steps

_KEYS = "Write keys with their values here, one a line."
_LIST = "Write a list here, such as [one, another]."
_DATE = "Write a date here, as 2026-04-01."
_WHOLE = "Write a whole number here."
_NUMBER = "Write a number here, such as 4 or 2.5."
_MISSHAPEN: Mapping[str, str] = {
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "tuple_type": _LIST,
    "list_type": _LIST,
}
_SENTENCES: Mapping[str, str] = {
    **_MISSHAPEN,
    "string_type": "Write a text here.",
    "int_parsing": _WHOLE,
    "int_parsing_size": "This number is too large.",
    "int_from_float": _WHOLE,
    "int_type": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_parsing": "Write true or false here.",
    "bool_type": "Write true or false here.",
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "date_parsing": _DATE,
    "date_type": _DATE,
    "greater_than": "Write a number above {gt} here.",
    "greater_than_equal": "Write a number here that is at least {ge}.",
    "less_than": "Write a number below {lt} here.",
    "less_than_equal": "Write a number here that is at most {le}.",
    "string_pattern_mismatch": "This is not written in the form that is expected here.",
    "too_short": "Something has to stand here.",
    "too_long": "More stands here than the {max_length} that may.",
    "string_too_short": "Something has to stand here.",
    "string_too_long": "Write at most {max_length} characters here.",
}


def faults_of(
    errors: Sequence[ErrorDetails], model: type[BaseModel], positions: Positions
) -> Iterator[Fault]:
    """A fault for each error, but one for what has no shape that may stand there."""
    placed = [(_steps(error["loc"], positions), error) for error in errors]
    told = [steps for steps, error in placed if not _misshapen(error)]
    for steps, error in placed:
        if not (_misshapen(error) and any(other[: len(steps)] == steps for other in told)):
            yield _fault(error, steps, model, positions)


def meant(written: str, known: Sequence[str]) -> str | None:
    """The word that was probably meant, asked of the writer."""
    near = get_close_matches(written.lower(), known, n=1)
    return f"Did you mean {near[0]}?" if near else None


def _misshapen(error: ErrorDetails) -> bool:
    """A value of another shape: of alternatives, the one that was not tried."""
    wrong_word = error["type"] == "literal_error" and not isinstance(error["input"], str)
    return wrong_word or error["type"] in _MISSHAPEN


def _fault(error: ErrorDetails, steps: Steps, model: type[BaseModel], positions: Positions) -> Fault:
    match error["type"]:
        case "missing":
            return positions.fault(positions.of(steps), f"Here {error['loc'][-1]} is missing. Add it.")
        case "extra_forbidden":
            name = str(error["loc"][-1])
            near = meant(name, keys_at(model, steps[:-1]))
            return positions.fault(positions.of(steps, key=True), f"There is no {name} here.", near)
        case "literal_error":
            return positions.fault(positions.of(steps), *_one_of(error))
        case "union_tag_not_found" | "union_tag_invalid":
            chosen = error["ctx"]["discriminator"].strip("'")
            return positions.fault(positions.of((*steps, chosen)), *_one_of_the_kinds(error, chosen))
        case "value_error":
            sentence = str(error["ctx"]["error"])
            return positions.fault(positions.of(steps), sentence[:1].upper() + sentence[1:].rstrip(".") + ".")
        case kind:
            sentence = _SENTENCES.get(kind, "This is not what is expected here.")
            return positions.fault(
                positions.of(steps), sentence.format_map(error.get("ctx", {})), _in_that_form(error)
            )


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
    return f"This has to be one of: {', '.join(allowed)}.", meant(written, allowed)


def _one_of_the_kinds(error: ErrorDetails, chosen: str) -> tuple[str, str | None]:
    """Of shapes that one key tells apart: the key is missing, or has none of its words."""
    if error["type"] == "union_tag_not_found":
        return f"Here {chosen} is missing. Add it.", None
    allowed = re.findall(r"'([^']*)'", error["ctx"]["expected_tags"])
    return f"This has to be one of: {', '.join(allowed)}.", meant(str(error["ctx"]["tag"]), allowed)


def _in_that_form(error: ErrorDetails) -> str | None:
    """The text as a short name (small letters, digits and underscores), where such a name is asked for."""
    if error["type"] != "string_pattern_mismatch":
        return None
    name = re.sub(r"[^a-z0-9]+", "_", str(error["input"]).lower()).strip("_")
    return f"Did you mean {name}?" if name and re.search(error["ctx"]["pattern"], name) else None
