"""UK mobile numbers in what people type into a contact field."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_MOBILE = re.compile(r"(?:0044|44|0)0?7\d{9}")
"""UK mobile numbers begin with 07 (Ofcom's National Telephone Numbering Plan); "+44 (0)7" is common, if wrong."""
_WITHOUT_ITS_ZERO = re.compile(r"7\d{9}")
"""As a spreadsheet leaves it. No landline without its zero has ten digits that begin with 7."""
_FEWEST_DIGITS = 10
"""Of a mobile number, however it is written."""


def holds_mobile(text: str) -> bool:
    """Whether a mobile number stands anywhere in a text, however it is spaced, and beside whatever else."""
    if text.isascii() and "7" not in text:
        return False
    if len(_DIGIT.findall(text)) < _FEWEST_DIGITS:
        return False
    return any(_begins_mobile(re.findall(r"\d+", piece)) for piece in _LETTERS.split(_plain_digits(text)))


def _begins_mobile(groups: list[str]) -> bool:
    """Whether a mobile number begins with one of these groups of digits, which nothing but signs part."""
    return bool(_WITHOUT_ITS_ZERO.fullmatch("".join(groups))) or any(
        _MOBILE.match("".join(groups[start:])) for start in range(len(groups))
    )


def _plain_digits(text: str) -> str:
    """The text with the digits of every script as 0 to 9."""
    return "".join(str(unicodedata.decimal(one, one)) for one in text)
