"""Short forms of the file: a word in the place of a mapping, a length of time in words.

Each is both a validator and a JSON schema, so that an editor offers what the loader accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: an annotation must be hashable
class OrWord:
    """Each word is short for a mapping. Another text, or an empty mapping, is a fault that says ``advice``:
    an empty mapping would set no limit where one was meant.
    """

    words: Mapping[str, Any]
    advice: str

    def expand(self, value: Any) -> Any:
        """The mapping that a word is short for; a mapping as it is. Raises ValueError with the advice."""
        if isinstance(value, str) and value in self.words:
            return self.words[value]
        if isinstance(value, str) or value == {}:
            raise ValueError(self.advice)
        return value

    def __get_pydantic_core_schema__(self, source: Any, inner: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.expand, inner(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, inner: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"enum": list(self.words)}, {**inner(core), "minProperties": 1}]}


@dataclass(frozen=True, slots=True)
class OrEmpty:
    """A key that may stand there without a value until somebody fills it in: an editor accepts that too."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, inner: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [inner(core), {"type": "null"}]}


_SPAN = re.compile(r"^([1-9][0-9]{0,3}) (minute|hour|day)s?$")
_WAIT = re.compile(r"^([1-9]|10) seconds?$")
_SPELL = re.compile(r"^([1-9][0-9]{0,2}) (month|year)s?$")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time such as "30 minutes", "24 hours" or "2 days", as a timedelta."""

    def read(self, value: Any) -> timedelta:
        """Raises ValueError when it is not such a text."""
        found = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError("write a length of time, such as 30 minutes, 24 hours or 2 days")
        return timedelta(**{found[2] + "s": int(found[1])})

    def __get_pydantic_core_schema__(self, source: Any, inner: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, inner: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _SPAN.pattern}


@dataclass(frozen=True, slots=True)
class Wait:
    """How long somebody waits for an answer: "2 seconds", as a whole number of them from 1 to 10."""

    def read(self, value: Any) -> int:
        """Raises ValueError when it is not such a text."""
        found = _WAIT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError("write how long to wait, from 1 second to 10 seconds")
        return int(found[1])

    def __get_pydantic_core_schema__(self, source: Any, inner: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, inner: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _WAIT.pattern}


@dataclass(frozen=True, slots=True)
class Spell:
    """How far back records count: "24 months" or "5 years", as whole months; "unlimited", as None.

    ``bounded``: for how long something is kept, which "unlimited" says nothing of.
    """

    bounded: bool = False

    def read(self, value: Any) -> int | None:
        """Raises ValueError when it is not such a text."""
        if value == "unlimited" and not self.bounded:
            return None
        found = _SPELL.fullmatch(value) if isinstance(value, str) else None
        if found is None and self.bounded:
            raise ValueError("write a length of time, such as 24 months or 6 years")
        if found is None:
            raise ValueError("write how far back records count, such as 24 months, 5 years or unlimited")
        return int(found[1]) * (12 if found[2] == "year" else 1)

    def __get_pydantic_core_schema__(self, source: Any, inner: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, inner: GetJsonSchemaHandler) -> JsonSchemaValue:
        spell = {"type": "string", "pattern": _SPELL.pattern}
        return spell if self.bounded else {"anyOf": [{"const": "unlimited"}, spell]}
