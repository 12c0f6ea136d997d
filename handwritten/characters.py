"""The characters of a handwritten file: plain UTF-8 text, and nothing in it that the eye cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from handwritten.faults import Fault, Faults, Positions

LARGEST_BYTES = 1_000_000
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufeff\ufffe\uffff]")
"""Control characters and non-characters, which YAML refuses (YAML 1.2.2, section 5.1); line ends that only some
programs see; and what turns the direction of writing, so that a reviewer reads other rules than the broker
(CVE-2021-42574). Marks and joiners that names are written with stay.
"""


def text_of(raw: bytes, path: Path) -> str:
    """The bytes as text. Raises Faults for what is too large, or no UTF-8."""
    if len(raw) > LARGEST_BYTES:
        raise Faults([Fault(path, 1, 1, "This file is over 1 MB, which no one wrote by hand.")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise Faults([Fault(path, line, 1, "This is not text in UTF-8. Save the file as UTF-8.")]) from None


def unwanted(text: str, unplaced: Positions) -> Iterator[Fault]:
    """What keeps the text from being read as it looks."""
    if not text.removeprefix("\ufeff").strip():
        yield unplaced.fault((1, 1), "This file is empty.")
        return
    if text.startswith("\ufeff"):
        yield unplaced.fault((1, 1), "The file begins with a byte order mark. Save it as UTF-8 without BOM.")
    windows = next((number for number, line in enumerate(unplaced.lines, 1) if "\r" in line), None)
    if windows is not None:
        yield unplaced.fault(
            (windows, 1), "The lines end as in Windows. Save the file with Unix line ends (LF)."
        )
    for number, line in enumerate(unplaced.lines, 1):
        yield from _in_line(number, line, unplaced)


def invisible(text: str) -> str | None:
    """The first character of a text that the eye cannot see, as U+001B; None where there is none.

    Of a text as it is read: between quotation marks a character may be written as an escape.
    """
    found = _INVISIBLE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _in_line(number: int, line: str, unplaced: Positions) -> Iterator[Fault]:
    if "\t" in line[: len(line) - len(line.lstrip())]:
        yield unplaced.fault((number, 1), "This line is indented with a tab. Use spaces.")
    elif "\t" in line:
        yield unplaced.fault((number, line.index("\t") + 1), "A tab stands here. Use spaces.")
    found = _INVISIBLE.search(line, 1 if number == 1 and line.startswith("\ufeff") else 0)
    if found:
        sentence = f"An invisible character (U+{ord(found[0]):04X}) stands here. Take it out."
        yield unplaced.fault((number, found.start() + 1), sentence)
