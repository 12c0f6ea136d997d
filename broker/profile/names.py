"""Names: are they there, are they names, and would a search for them find the row?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from broker.matching.normalise import name_tokens, real_name
from broker.profile.questions import MISSING, Columns, Finding, Question, Row, Table, Weight
from connectors.name_forms import StoredCase, name_forms
from connectors.source_file import SourceFile

_CALLED = {
    "given_name": "Given name",
    "family_name": "Family name",
    "other_family_names": "Other family name",
}
_FORMS = {
    "name": "A name",
    "stopgap": "A stopgap: UNKNOWN, TEST, BABY, DO NOT USE",
    "double_encoded": "Spoilt letters (Ã© for é)",
    "brackets": "Brackets or a remark in it",
    "digits": "Digits in it",
    "single_letter": "A single letter",
    MISSING: "Missing",
}
_CASES = {
    "upper": "All in capitals",
    "lower": "All in small letters",
    "mixed": "Large and small letters, or none",
}
_REACHES = {
    "as_stored": "Spelt as a search looks for it, or missing",
    "otherwise": "Spelt as no search looks for it",
}
_REMARKS = re.compile(r"[()\[\]{}<>]")
_TEST_WORDS = frozenset(["test", "testing", "dummy", "unknown", "xxtest", "donotuse"])
_REMEMBERED = 4_096
_MOST_OF = 0.9


def names(source: SourceFile, columns: Columns) -> Iterator[Question]:
    """The questions about the names that the source file maps."""
    mapped = source.identifiers
    for place, column in (("given_name", mapped.given_name), ("family_name", mapped.family_name)):
        stored = columns.stored(column.column)
        yield _form(place, stored)
        yield _reach(place, stored, source.stored_case)
    yield _case(columns.stored(mapped.family_name.column), source.stored_case)
    for number, column in enumerate(mapped.other_family_names, start=1):
        key = f"other_family_names_{number}" if number > 1 else "other_family_names"
        yield Question(
            key,
            _CALLED["other_family_names"] + (f" {number}" if number > 1 else ""),
            {"present": "Present", MISSING: "Missing"},
            _presence(columns.text(column)),
        )


def _presence(read: Callable[[Row], str | None]) -> Callable[[Row], str]:
    return lambda row: MISSING if read(row) is None else "present"


def _form(place: str, stored: Callable[[Row], str | None]) -> Question:
    form = lru_cache(_REMEMBERED)(form_of_name)
    called = _CALLED[place]
    return Question(
        place, called, _FORMS, lambda row: form(stored(row)), lambda table: _form_findings(called, table)
    )


def form_of_name(written: str | None) -> str:
    """What a name looks like: the worst that can be said of it."""
    if written is None:
        return MISSING
    if double_encoded(written):
        return "double_encoded"
    if real_name(written) is None or _TEST_WORDS & set(name_tokens(written)):
        return "stopgap"
    if _REMARKS.search(written):
        return "brackets"
    if any(map(str.isdecimal, written)):
        return "digits"
    return "single_letter" if len(written.strip(" .")) == 1 else "name"


def double_encoded(written: str) -> bool:
    """Whether UTF-8 was once taken for another encoding (Ã© for é), or letters were lost on the way (�)."""
    if written.isascii():
        return False
    return "\ufffd" in written or any(_decodes_twice(written, code) for code in ("cp1252", "latin-1"))


def _decodes_twice(written: str, code: str) -> bool:
    try:
        return written.encode(code).decode() != written
    except UnicodeError:
        return False


def _form_findings(called: str, table: Table) -> Iterable[Finding]:
    name = called.lower()
    if table.notable(MISSING, "stopgap"):
        yield Finding(
            Weight.HIDES,
            f"{table.words(MISSING, 'stopgap')} has no {name}, or a stopgap for one.",
            "A stopgap counts as missing. These records are found by an NHS number or UPN, if at all.",
            "Enter the name where it is known. Leave the field empty where it is not.",
        )
    if table.notable("brackets", "digits"):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('brackets', 'digits')} has brackets, remarks or digits in the {name}.",
            "A remark is read as a part of the name: the name is then a similar one at best.",
            "Move remarks such as (DO NOT USE) to a field of their own, and take such records out with a cohort.",
        )
    if table.notable("double_encoded", least=0.0):
        yield Finding(
            Weight.HIDES,
            f"Some {name}s have spoilt letters (Ã© for é): {table.words('double_encoded')}.",
            "These names match nobody. People whose names have accents are missed more than others.",
            "Mend the encoding where the data are exported or loaded; set the extract's encoding.",
        )
    if table.notable("single_letter"):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('single_letter')} has a single letter as the {name}.",
            "An initial agrees with many names, so it is little evidence.",
            "Enter the whole name where it is known.",
        )


def _reach(place: str, stored: Callable[[Row], str | None], case: StoredCase) -> Question:
    @lru_cache(_REMEMBERED)
    def reach(written: str | None) -> str:
        reached = written is None or written in name_forms(written, case)
        return "as_stored" if reached else "otherwise"

    called = f"{_CALLED[place]}: would a search find it?"
    return Question(
        f"{place}_reach",
        called,
        _REACHES,
        lambda row: reach(stored(row)),
        lambda table: _reach_findings(place, table),
    )


def _reach_findings(place: str, table: Table) -> Iterable[Finding]:
    if table.notable("otherwise"):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('otherwise')} has a {_CALLED[place].lower()} that is stored as no search seeks it.",
            "It has blanks at its ends, two blanks in it, or other capitals than stored_case says. These records"
            " are found by other identifiers only.",
            "Check stored_case in the source file. Trim blanks in a view, and map the view.",
        )


def _case(stored: Callable[[Row], str | None], declared: StoredCase) -> Question:
    return Question(
        "stored_case",
        f"Capitals of family names (the source file says: {declared})",
        _CASES,
        lambda row: case_of(stored(row)),
        lambda table: _case_findings(declared, table),
    )


def case_of(written: str | None) -> str:
    """``upper``, ``lower`` or ``mixed``; what has no letters is of no case, and counted with the last."""
    if written is None or written.upper() == written.lower():
        return "mixed"
    if written == written.upper():
        return "upper"
    return "lower" if written == written.lower() else "mixed"


def _case_findings(declared: StoredCase, table: Table) -> Iterable[Finding]:
    for case in ("upper", "lower"):
        if declared == "as_written" and table.count(case) >= _MOST_OF * table.total > 0:
            yield Finding(
                Weight.CHECK,
                f"Nearly all names are in {_CASES[case].lower().removeprefix('all in ')}.",
                "The broker looks for every name in several spellings, of which most can't occur here.",
                f"Say stored_case: {case} in the source file: the database then has less to do.",
            )
    if declared in {"upper", "lower"} and table.notable("mixed", "lower" if declared == "upper" else "upper"):
        other = table.words("mixed", "lower" if declared == "upper" else "upper")
        yield Finding(
            Weight.HIDES,
            f"The source file says stored_case: {declared}, but {other} is stored otherwise.",
            "A search by name does not look for the other spelling, so these people are missed.",
            "Say stored_case: as_written in the source file.",
        )
