"""Writing YAML by hand, so that a file can teach with comments: only how a text has to be quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./'()&-]+)*")
_WORDS = frozenset("yes no on off true false null y n".split())  # noqa: SIM905 -- quotation marks would hide them


def scalar(value: object) -> str:
    """A text, number or truth, so that it reads back as what it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(pairs: Mapping[str, object]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in pairs.items()) + "}"


def comment(text: str) -> str:
    """One line of comment, whatever is in a column's name."""
    return "# " + "".join(one if one.isprintable() else " " for one in text)
