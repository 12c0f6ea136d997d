"""How one name may stand in a service's database: the spellings to look for, in the cases that it stores.

The source compares only whole texts (see ``candidate_query``), so every spelling is worked out here. A
spelling too many costs an index probe; one too few costs a record. Whether a row is the person is decided
elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

StoredCase = Literal["as_written", "upper", "lower", "title"]

_APOSTROPHES = "'’‘ʼ`´"
_WITHOUT_WILDCARDS = str.maketrans("", "", "*%_")
_STORED_APOSTROPHES = ("'", "’", "", " ")
_HYPHENS = "‐‑‒–—-"  # the plain one last: inside brackets of a pattern it would mean a range
_JOINS = ("-", " ", "")
_ANY_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_BETWEEN_TOKENS = re.compile(rf"[\s{_HYPHENS}]+")
_AN_O = re.compile(r"^o[ ]?(?=[a-z])", re.IGNORECASE)
_AFTER_A_GAP = re.compile(rf"(?:^|(?<=[\s{_HYPHENS}]))\w")
_AFTER_APOSTROPHE = re.compile(rf"(?<=[{_APOSTROPHES}])\w")
_AFTER_MAC = re.compile(r"(?:(?<=^Mc)|(?<=^Mac))[a-z]")
_A_MAC = re.compile(r"^(mc|mac)[ ]?(?=[a-z])", re.IGNORECASE)

# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
     "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i", "İ": "I"}
)  # fmt: skip
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa"})

# Words of a family name that are not looked for alone: they say nothing of whose name it is.
_PARTICLES = frozenset(
    ["al", "ap", "ben", "bin", "bint", "da", "das", "de", "del", "den", "der", "des", "di", "do", "dos", "du",
     "el", "ibn", "la", "las", "le", "los", "mac", "mc", "of", "o", "san", "st", "ter", "van", "von", "zu"]
)  # fmt: skip
_MOST_TOKENS = 6
_LEAST_TO_SLIP = 4  # shorter names are read as a whole, and every slip of theirs is another name


def name_forms(name: str, stored: StoredCase) -> tuple[str, ...]:
    """Every spelling of a name to look for, sorted; none when the name holds nothing to look for."""
    written = _clean(name)
    # A ligature or a letter of full width is one that whoever stored the name may have written plainly.
    plain = _clean(unicodedata.normalize("NFKC", written))
    spellings = _spellings(plain) | ({written, unicodedata.normalize("NFD", written)} - {""})
    return _sorted(form for one in spellings for form in _in_case(one, stored))


def initials(forms: Iterable[str]) -> tuple[str, ...]:
    """The first characters of these spellings, sorted: letters, digits and apostrophes only."""
    first = {form[0] for form in forms if form}
    return _sorted(one for one in first if one.isalnum() or one in _APOSTROPHES)


def beginnings(forms: Iterable[str]) -> tuple[str, ...]:
    """The first two characters of these spellings, and their initials alone ("A", "A.", "A "), sorted.

    None when one of them is not told safely by its first two: a single letter, or a mark that may mean something
    in a pattern. What begins with one of these is of two characters, or is the whole of a name.
    """
    found = set(forms)
    if not found or any(len(form) == 1 or not _is_plain(form[:2]) for form in found):
        return ()
    alone = {form[0] + after for form in found for after in ("", ".", " ")}
    return _sorted({form[:2] for form in found} | alone)


def _is_plain(text: str) -> bool:
    return text[0].isalnum() and all(
        one.isalnum() or one in _APOSTROPHES or one in " -." or unicodedata.combining(one) for one in text
    )


def slip_forms(name: str, stored: StoredCase) -> tuple[str, ...]:
    """A name with one slip after its first letter: two letters swapped, one doubled, or one left out; sorted.

    Others, a letter too many or another letter, are as frequent but too many to look for: some four hundred.
    """
    bare = _clean(name)
    return _sorted(form for slip in _slips(bare) for form in _in_case(slip, stored))


def _slips(bare: str) -> set[str]:
    within = range(1, len(bare)) if len(bare) >= _LEAST_TO_SLIP else ()
    swapped = (bare[:at] + bare[at + 1] + bare[at] + bare[at + 2 :] for at in within if at + 1 < len(bare))
    doubled = (bare[:at] + bare[at] + bare[at:] for at in within)
    left_out = (bare[:at] + bare[at + 1 :] for at in within)
    return {*swapped, *doubled, *left_out} - {bare}


def _clean(name: str) -> str:
    """One line, without typed wildcards and what no database takes (controls, halves of characters)."""
    spaced = "".join(" " if one.isspace() else one for one in name.translate(_WITHOUT_WILDCARDS))
    kept = "".join(one for one in spaced if unicodedata.category(one) not in {"Cc", "Cs"})
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _spellings(name: str) -> set[str]:
    tokens = [one for one in _BETWEEN_TOKENS.split(name) if one][:_MOST_TOKENS]
    whole = {name} | {join.join(tokens) for join in _JOINS}
    alone = set(tokens) - {one for one in tokens if _says_little(one)} if len(tokens) > 1 else set()
    written = {form for one in whole | alone for form in _with_marks_told_apart(one)}
    return {form for one in written for form in _without_accents(one)} - {""}


def _says_little(token: str) -> bool:
    return token.lower() in _PARTICLES or (len(token) == 1 and token.isascii())


def _with_marks_told_apart(name: str) -> set[str]:
    """With each apostrophe that systems write; with the one that OBrien and the space that Mc Kay lost."""
    forms = {_ANY_APOSTROPHE.sub(mark, name).strip() for mark in _STORED_APOSTROPHES}
    forms |= {name, _AN_O.sub("O'", name), _AN_O.sub("O’", name)}
    return forms | {_A_MAC.sub(r"\1", name), _A_MAC.sub(r"\1 ", name)}


def _without_accents(name: str) -> set[str]:
    """As written, in plain letters, with German's ue for ü, and in Unicode's taken-apart form."""
    apart = unicodedata.normalize("NFD", name.translate(_PLAIN_LETTERS))
    plain = "".join(one for one in apart if unicodedata.category(one) != "Mn")
    undotted = name.translate(_UMLAUTS).translate(_PLAIN_LETTERS)
    return {name, plain or name, undotted, unicodedata.normalize("NFD", name)}


def _in_case(name: str, stored: StoredCase) -> Iterator[str]:
    if stored == "upper":
        yield name.upper()
    elif stored == "lower":
        yield name.lower()
    elif stored == "title":
        yield from _titles(name)
    else:
        yield from (name, name.upper(), name.lower(), *_titles(name))


def _titles(name: str) -> Iterator[str]:
    """Smith, O'Brien and O'brien, McDonald and Mcdonald: no two systems agree."""
    plain = _AFTER_A_GAP.sub(lambda one: one[0].upper(), name.lower())
    for titled in (plain, _AFTER_APOSTROPHE.sub(lambda one: one[0].upper(), plain)):
        yield titled
        yield _AFTER_MAC.sub(lambda one: one[0].upper(), titled)


def _sorted(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(forms)))
