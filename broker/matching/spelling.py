"""Names that are spelt in two ways and said in one: Amira and Amirah, Gurpreet and Gurprit, Zainab and Zaynab.

Conservative on purpose: consonants and stressed vowels stay, so that Hassan and Hussain, or Ella and Ellie, are
two names. Vowels that writers of Arabic choose freely (Mohammed, Muhammad) are the business of ``nicknames.py``.
"""

from __future__ import annotations

import re

_SAID_ALIKE = (
    ("y", "i"),
    ("ie", "i"),
    ("ee", "i"),
    ("ii", "i"),
    ("ou", "u"),
    ("oo", "u"),
    ("ph", "f"),
    ("ck", "k"),
    ("kh", "k"),
    ("gh", "g"),
    ("dh", "d"),
    ("q", "k"),
)
_DOUBLED = re.compile(r"(.)\1+")
_HARD_C = re.compile(r"c(?=[aoukrlt]|$)")


def as_said(name: str) -> str:
    """A folded name as it is said, roughly: two names with the same are spellings of one."""
    said = name
    for written, sound in _SAID_ALIKE:
        said = said.replace(written, sound)
    said = _DOUBLED.sub(r"\1", _HARD_C.sub("k", said))
    return said[:-1] if said.endswith("h") and len(said) > len("ah") else said
