"""Numbers, places and sex: are they there, and can they be true?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from broker.matching.normalise import fold, nhs_digits, postcode, upn_letters, valid_nhs_number, valid_upn
from broker.profile.questions import MISSING, OTHER_VALUE, Columns, Finding, Question, Row, Table, Weight
from connectors.read_rows import PLAIN_SEX_CODES
from connectors.source_file import SourceFile

Text = Callable[[Row], str | None]

_NUMBERS: Mapping[str, str] = {
    "valid": "Well-formed, and its check digit is right",
    "wrong_check": "Well-formed, but its check digit is wrong",
    "ill_formed": "Not such a number",
    MISSING: "Missing",
}
_POSTCODES = {
    "whole": "A whole postcode",
    "part": "A part of one",
    "stopgap": "A stopgap (ZZ99)",
    "ill_formed": "Not a postcode",
    MISSING: "Missing",
}
_ADDRESSES = {
    "present": "Present",
    "stopgap": "A stopgap: NFA, unknown",
    MISSING: "Missing",
}
_UPRNS = {"well_formed": "Up to 12 digits", "ill_formed": "Not a UPRN", MISSING: "Missing"}
_NO_ADDRESSES = frozenset(
    ["nfa", "no fixed abode", "no fixed address", "unknown", "not known", "tbc", "na", "n a"]
)
_UPRN = re.compile(r"0*[1-9][0-9]{0,11}")
"""Ordnance Survey: "a UPRN is an integer of up to 12 digits"."""
_MANY_WRONG = 0.05


def identifiers(source: SourceFile, columns: Columns) -> Iterator[Question]:
    """The questions about the other identifiers that the source file maps."""
    mapped = source.identifiers
    if mapped.sex is not None:
        yield _sex(columns.text(mapped.sex), source)
    if mapped.address is not None:
        yield _address(columns.text(mapped.address))
    if mapped.postcode is not None:
        yield _postcode(columns.text(mapped.postcode))
    if mapped.uprn is not None:
        yield _uprn(columns.text(mapped.uprn))
    if mapped.nhs_number is not None:
        yield _number(
            "nhs_number", "NHS number", columns.text(mapped.nhs_number), nhs_digits, valid_nhs_number
        )
    if mapped.upn is not None:
        yield _number("upn", "UPN", columns.text(mapped.upn), upn_letters, valid_upn)


def _sex(read: Text, source: SourceFile) -> Question:
    codes = source.sex_codes or PLAIN_SEX_CODES
    by_folded = {code.casefold(): code for code in codes}
    answers = {f"={code}": f"{code} ({sex})" for code, sex in codes.items()}

    def answer(row: Row) -> str:
        code = read(row)
        if code is None:
            return MISSING
        known = by_folded.get(code.casefold())
        return f"={code}" if known is None else f"={known}"

    return Question(
        "sex",
        "Sex",
        {**answers, OTHER_VALUE: "Other values, not mapped", MISSING: "Missing"},
        answer,
        lambda table: _unmapped("sex_codes", "It counts as missing.", answers, table),
        lists_values=True,
    )


def _unmapped(codes: str, means: str, answers: Mapping[str, str], table: Table) -> Iterable[Finding]:
    others = [one for one in table.figures if one not in answers and one != MISSING]
    if table.notable(*others, least=0.0):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words(*others)} has a value that {codes} does not map.",
            means,
            f"Add the values that stand below the question to {codes} in the source file.",
        )


def _address(read: Text) -> Question:
    def answer(row: Row) -> str:
        found = read(row)
        if found is None:
            return MISSING
        return "stopgap" if fold(found) in _NO_ADDRESSES else "present"

    return Question("address", "Address", _ADDRESSES, answer, lambda table: _place_findings("address", table))


def _postcode(read: Text) -> Question:
    return Question(
        "postcode", "Postcode", _POSTCODES, lambda row: form_of_postcode(read(row)), _postcode_findings
    )


def form_of_postcode(written: str | None) -> str:
    """What a postcode looks like."""
    if written is None:
        return MISSING
    found = postcode(written)
    if found is None:
        return "stopgap" if fold(written).startswith("zz99") else "ill_formed"
    return "whole" if " " in found and len(found.rpartition(" ")[2]) > 1 else "part"


def _place_findings(called: str, table: Table) -> Iterable[Finding]:
    if table.notable(MISSING, "stopgap", least=0.05):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words(MISSING, 'stopgap')} has no {called}, or a stopgap for one.",
            "Where a birth date has a slip or a name has changed, the home is what makes a person sure.",
            f"Keep the {called} up to date; a former one is better than none.",
        )


def _postcode_findings(table: Table) -> Iterable[Finding]:
    yield from _place_findings("postcode", table)
    if table.notable("ill_formed", "part"):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('ill_formed', 'part')} has a postcode that is none, or a part of one.",
            "It is not found by postcode, and is little evidence of the home.",
            "Check the postcode where it is entered; keep the address in its own column.",
        )


def _uprn(read: Text) -> Question:
    def answer(row: Row) -> str:
        found = read(row)
        if found is None:
            return MISSING
        return "well_formed" if _UPRN.fullmatch(found) else "ill_formed"

    return Question("uprn", "UPRN (the property's own number)", _UPRNS, answer)


def _number(
    key: str,
    called: str,
    read: Text,
    form: Callable[[str | None], str | None],
    valid: Callable[[str | None], str | None],
) -> Question:
    def answer(row: Row) -> str:
        found = read(row)
        if found is None:
            return MISSING
        if valid(found):
            return "valid"
        return "wrong_check" if form(found) else "ill_formed"

    return Question(key, called, _NUMBERS, answer, lambda table: _number_findings(called, table))


def _number_findings(called: str, table: Table) -> Iterable[Finding]:
    if table.notable("wrong_check", "ill_formed"):
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('wrong_check', 'ill_formed')} has a {called} that can't be true.",
            f"It proves nothing. A requester who types the person's true {called} is not led to the record by it.",
            f"Trace these numbers with the {called}'s own service, or leave the field empty.",
        )
    if table.notable("wrong_check", least=_MANY_WRONG):
        yield Finding(
            Weight.CHECK,
            f"{table.words('wrong_check')} fails the check digit: more than slips explain.",
            "The column may hold another number of the same length.",
            f"Check which column is mapped as the {called}.",
        )
