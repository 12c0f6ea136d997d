"""Written values made comparable: names, dates and numbers as people and systems really write them.

Everything here is total: any text gives a value or None (missing), nothing raises.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from operator import mul

_WILDCARDS = "*%_"
_APOSTROPHES = "'`´’‘‛ʼʻʹʽʾʿ′׳＇"
_TATWEEL = "ـ"  # stretches a word in Arabic writing, and is no letter
_WITHOUT = str.maketrans("", "", _WILDCARDS + _APOSTROPHES + _TATWEEL)
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
"""Latin letters that Unicode doesn't take apart, as British systems write them: Łukasz is Lukasz."""
_ASCII = str.maketrans(
    {
        code: (None if chr(code) in _WILDCARDS + _APOSTROPHES else " ")
        for code in range(128)
        if not chr(code).isalnum()
    }
)
_FIRST_ACCENT_CLASS = 10
"""Combining classes from here up are accents and vowel points; below it stand signs that make a letter
(an Indian vowel, a Japanese voicing), which are kept."""


def fold(text: str) -> str:
    """The text as it is compared: no accents, case, apostrophes or wildcards, and single spaces.

    Letters and digits of every script stay; hyphens and other punctuation become one space. Folding twice
    changes nothing.
    """
    if text.isascii():
        return " ".join(text.translate(_ASCII).lower().split())
    return " ".join("".join(map(_folded, _decomposed(text))).split())


def _decomposed(text: str) -> str:
    """NFKD and case folding until nothing changes: each can bring about work for the other."""
    bare = text.translate(_WITHOUT)
    while True:
        further = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", bare).casefold())
        further = further.translate(_WITHOUT).translate(_PLAIN_LETTERS)
        if further == bare:
            return bare
        bare = further


def _folded(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] in "LN":
        return letter
    if category[0] == "M":
        return letter if _makes_a_letter(letter, category) else ""
    return "" if category == "Cf" else " "  # Cf: joiners and marks of direction


def _makes_a_letter(mark: str, category: str) -> bool:
    variation_selector = "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef"
    return category != "Me" and not variation_selector and unicodedata.combining(mark) < _FIRST_ACCENT_CLASS


_TITLES = frozenset(
    (
        *(
            "mr",
            "mrs",
            "miss",
            "ms",
            "mx",
            "dr",
            "master",
            "mstr",
            "mst",
            "rev",
            "sir",
            "lady",
            "lord",
            "prof",
        ),
        *("cllr", "hon", "shri", "smt", "haji", "hajji", "hajja"),
    )
)
_AFTER_A_NAME = frozenset(["jr", "jnr", "snr", "esq", "obe", "mbe", "phd"])
_KNOWN_AS = ("known", "as")
_ANOTHER_FOLLOWS = frozenset(["aka", "nee", "formerly", "alias"])
_NO_NAMES = frozenset(
    {
        *(
            "unknown",
            "not known",
            "name unknown",
            "nk",
            "n k",
            "n a",
            "tbc",
            "tba",
            "t b c",
            "to be confirmed",
        ),
        *("baby", "baby boy", "baby girl", "unborn", "unborn baby", "unborn child", "infant", "newborn"),
        *("twin", "twin 1", "twin 2", "twin one", "twin two", "do not use", "donotuse", "duplicate", "void"),
        *("unnamed", "no name", "anon", "anonymous", "not given", "not stated", "not recorded", "none", "xx"),
        *("xxx", "xxxx", "zz", "zzz", "deleted", "error", "test record", "dummy", "refused"),
    }
)
_NO_NAME_STARTS = ("baby of ", "do not use ", "unborn of ", "duplicate of ", "unknown ")


def name_tokens(name: str) -> tuple[str, ...]:
    """The folded words of a name without a title: "Mrs. Anne-Marie" gives ("anne", "marie").

    What follows "aka", "née" or "known as" is another name: of "Katherine (known as Katie)" the first is taken.
    """
    words = tuple(fold(name).split())
    if len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _AFTER_A_NAME:
        words = words[:-1]
    ends = (
        at
        for at, word in enumerate(words)
        if at and (word in _ANOTHER_FOLLOWS or words[at : at + 2] == _KNOWN_AS)
    )
    return words[: next(ends, len(words))]


def real_name(name: str | None) -> str | None:
    """The name's tokens with single spaces; None where it is missing or a stopgap ("Baby", "TBC")."""
    if name and name.isalpha() and name.isascii():  # as most are: one word, and nothing to fold
        word = name.lower()
        return None if word in _NO_NAMES or word in _TITLES else word
    tokens = name_tokens(name) if name else ()
    written = " ".join(tokens)
    if not any(map(str.isalpha, written)) or written in _NO_NAMES or written in _TITLES:
        return None
    return None if written.startswith(_NO_NAME_STARTS) else written


_FIRST_BIRTH_YEAR, _LAST_BIRTH_YEAR = 1890, 2100
_DEFAULT_BIRTH_DATES = frozenset(
    {date(1900, 1, 1), date(1900, 12, 31), date(1901, 1, 1), date(1899, 12, 30), date(1899, 12, 31)}
)
_WIDEST_APPROXIMATION = timedelta(days=3653)
"""Ten years. A wider range of birth dates says hardly anything about who somebody is."""


def real_birth_date(born: date | None) -> date | None:
    """None where it is missing, or a date that systems put in when they know none (1 January 1900)."""
    if born is None or born in _DEFAULT_BIRTH_DATES:
        return None
    return born if _FIRST_BIRTH_YEAR <= born.year <= _LAST_BIRTH_YEAR else None


def approximate_birth_date(between: tuple[date, date] | None) -> tuple[date, date] | None:
    """The range, earliest first; None where it is missing or wider than ten years."""
    if between is None:
        return None
    earliest, latest = min(between), max(between)
    return (earliest, latest) if latest - earliest <= _WIDEST_APPROXIMATION else None


_NHS_DIGITS, _MODULUS = 10, 11
_NHS_WEIGHTS = range(10, 1, -1)  # of the first nine digits
_OF_ZEROES = ord("0") * sum(_NHS_WEIGHTS)


def nhs_digits(number: str | None) -> str | None:
    """The ten digits of an NHS number, valid or not; None for anything else, and for ten equal digits."""
    if not number:
        return None
    digits = number if number.isdigit() and number.isascii() else fold(number).replace(" ", "")
    if len(digits) != _NHS_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return None if digits == digits[0] * _NHS_DIGITS else digits


def valid_nhs_number(number: str | None) -> str | None:
    """The ten digits of an NHS number whose check digit is right (Modulus 11, NHS Data Dictionary)."""
    digits = nhs_digits(number)
    if digits is None:
        return None
    total = sum(map(mul, digits.encode(), _NHS_WEIGHTS)) - _OF_ZEROES
    return digits if (_MODULUS - total % _MODULUS) % _MODULUS == int(digits[9]) else None


_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # no I, O or S: they look like digits
_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]")


def upn_letters(number: str | None) -> str | None:
    """The thirteen characters of a unique pupil number in capitals, valid or not; None for anything else."""
    if not number:
        return None
    written = fold(number).replace(" ", "").upper()
    return written if _UPN.fullmatch(written) else None


def valid_upn(number: str | None) -> str | None:
    """A unique pupil number whose check letter is right (Department for Education, UPN guide), else None.

    The last character of a temporary number is a letter.
    """
    written = upn_letters(number)
    if written is None or written[12] in "IOS":
        return None
    values = [_UPN_LETTERS.index(mark) if mark.isalpha() else int(mark) for mark in written[1:]]
    total = sum(value * weight for weight, value in enumerate(values, start=2))
    return written if written[0] == _UPN_LETTERS[total % len(_UPN_LETTERS)] else None


_AS_IT_SHOULD_BE = re.compile(r"(?!ZZ)[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}")
_WHOLE_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9OI][A-Z]{2})")
_DIGITS_MEANT = str.maketrans("OI", "01")
_PART_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ([0-9]))?")


def postcode(written: str | None) -> str | None:
    """A postcode in capitals with its space ("SK3 8AB"), or the part that was written ("SK3 8", "SK3").

    None for anything else, and for the stopgap postcodes of no fixed abode (ZZ99).
    """
    if written and _AS_IT_SHOULD_BE.fullmatch(written):  # as most are: nothing to fold
        return written
    text = fold(written or "").upper()
    whole = _WHOLE_POSTCODE.fullmatch(text.replace(" ", ""))
    if whole:
        spaced = f"{whole[1]} {whole[2][0].translate(_DIGITS_MEANT)}{whole[2][1:]}"
    else:
        part = _PART_POSTCODE.fullmatch(text)
        spaced = " ".join(filter(None, part.groups())) if part else ""
    return None if not spaced or spaced.startswith("ZZ") else spaced
