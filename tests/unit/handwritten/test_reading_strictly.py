"""Handwritten files: what is read as it stands, and every slip, told where it is and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

import handwritten
from handwritten import Faults


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: Literal["red", "green", "blue"] = "red"
    share: tuple[str, ...] = ()


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    number: Annotated[int, Field(ge=1)] = 1
    agreed: date | None = None
    sure: bool = False
    inner: Inner = Inner()
    by_name: dict[str, Inner] = {}
    several: tuple[Inner, ...] = ()


def read(text: str | bytes) -> Sample:
    raw = text.encode() if isinstance(text, str) else text
    return handwritten.read_bytes(raw, Sample, Path("sample.yaml"))[0]


def read_or_faulted(text: str | bytes) -> bool:
    """True: it was read, or faulted in whole sentences. Any other exception is passed on."""
    try:
        read(text)
    except Faults as found:
        return bool(found.faults) and all(fault.sentence.endswith(".") for fault in found.faults)
    return True


def test_a_file_is_read_as_it_stands() -> None:
    made = read(
        "# a comment\nname: 1.10\nnumber: 7\nagreed: 2026-03-01\nsure: true\n"
        "inner: {colour: green, share: [no, yes, 012]}\nby_name: {one: {}}\n"
    )
    assert (made.name, made.number, made.agreed, made.sure) == ("1.10", 7, date(2026, 3, 1), True)
    assert made.inner.share == ("no", "yes", "012")
    assert read("name: Nguyễn O'Brien-Smith محمد\n").name == "Nguyễn O'Brien-Smith محمد"


ONE_FAULT: dict[str, tuple[str | bytes, str]] = {
    "a key twice": ("name: a\nname: b\n", "2:1: name stands here for the second time (first in line 1)."),
    "a key twice, inside": (
        "name: a\ninner:\n  colour: red\n  colour: blue\n",
        "4:3: colour stands here for the second time (first in line 3).",
    ),
    "an unknown key": ("name: a\nnumbr: 2\n", "2:1: There is no numbr here."),
    "an unknown key in a list": ("name: a\nseveral:\n  - {color: red}\n", "3:6: There is no color here."),
    "an unknown key in a mapping": ("name: a\nby_name:\n  x: {color: red}\n", "3:7: There is no color here."),
    "a missing key": ("number: 2\n", "1:1: Here name is missing. Add it."),
    "a wrong word": (
        "name: a\ninner: {colour: gren}\n",
        "2:17: This has to be one of: red, green, blue.",
    ),
    "yes for true": ("name: a\nsure: yes\n", "2:7: Write true or false here."),
    "on for true": ("name: a\nsure: on\n", "2:7: Write true or false here."),
    "1 for true": ("name: a\nsure: 1\n", "2:7: Write true or false here."),
    "no number": ("name: a\nnumber: many\n", "2:9: Write a whole number here."),
    "no date": ("name: a\nagreed: 2026-4-1\n", "2:9: Write a date here, as 2026-04-01."),
    "a moment for a date": (
        "name: a\nagreed: 2026-04-01T00:00:00\n",
        "2:9: Write a date here, as 2026-04-01.",
    ),
    "a number for a date": ("name: a\nagreed: 1700000000\n", "2:9: Write a date here, as 2026-04-01."),
    "no list": ("name: a\nseveral: x\n", "2:10: Write a list here, such as [one, another]."),
    "no keys": ("name: a\ninner: x\n", "2:8: Write keys with their values here, one a line."),
    "a tab": ("name: a\ninner:\n\tcolour: red\n", "3:1: This line is indented with a tab. Use spaces."),
    "windows line ends": (
        "name: a\r\n",
        "1:1: The lines end as in Windows. Save the file with Unix line ends (LF).",
    ),
    "a byte order mark": (
        "\ufeffname: a\n",
        "1:1: The file begins with a byte order mark. Save it as UTF-8 without BOM.",
    ),
    "nothing": ("", "1:1: This file is empty."),
    "comments alone": (
        "# nothing\n",
        "1:1: The file has to begin with a key, such as 'format: ...'.",
    ),
    "a list": ("- a\n", "1:1: The file has to begin with a key, such as 'format: ...'."),
    "an alias": ("name: &x a\n", "1:7: Anchors and aliases (& and *) are not used here. Write the text out."),
    "a tag": ("name: !!str a\n", "1:7: Tags (!) are not used here. Write the value alone."),
    "two documents": (
        "name: a\n---\nname: b\n",
        "2:1: A second document begins here. Put it into a file of its own.",
    ),
    "not text": (b"name: \xff\xfe\n", "1:1: This is not text in UTF-8. Save the file as UTF-8."),
    "too large": (b"# " + b"x" * 1_000_001, "1:1: This file is over 1 MB, which no one wrote by hand."),
}


@pytest.mark.parametrize("kind", ONE_FAULT)
def test_a_slip_is_told_where_it_is_and_what_to_do(kind: str) -> None:
    text, told = ONE_FAULT[kind]
    with pytest.raises(Faults) as found:
        read(text)
    assert str(found.value.faults[0]).splitlines()[0] == f"sample.yaml:{told}"


def test_a_fault_shows_the_line_a_caret_and_what_was_meant() -> None:
    with pytest.raises(Faults) as found:
        read("name: a\ninner: {colour: gren}\n")
    assert str(found.value) == (
        "sample.yaml:2:17: This has to be one of: red, green, blue.\n"
        "    inner: {colour: gren}\n"
        "                    ^\n"
        "    Did you mean green?"
    )


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    with pytest.raises(Faults) as found:
        read("number: many\nsevral: []\ninner: {colour: x}\n")
    assert [fault.line for fault in found.value.faults] == [1, 1, 2, 3]


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_a_file_that_was_cut_off_is_read_whole_or_faulted(cut: int) -> None:
    text = "name: 'a b'\nnumber: 7\ninner: {colour: green, share: [a, b]}\nsure: true\n"[:cut]
    assert read_or_faulted(text)


def test_what_is_nested_without_end_is_a_fault() -> None:
    with pytest.raises(Faults):
        read("name: " + "[" * 5000)


@pytest.mark.parametrize("where", ["missing.yaml", "."])
def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path, where: str) -> None:
    with pytest.raises(Faults, match="cannot be read"):
        handwritten.read(tmp_path / where, Sample)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_faulted(raw: bytes) -> None:
    assert read_or_faulted(raw)


@given(st.text(alphabet="name: {}[]-'\"\n#&*!|>%@`,?\ttrueab12", max_size=80))
def test_anything_like_yaml_is_read_or_faulted(text: str) -> None:
    assert read_or_faulted(text)


def test_no_sentence_speaks_of_our_tools() -> None:
    for text, _ in ONE_FAULT.values():
        with pytest.raises(Faults) as found:
            read(text)
        assert not {"pydantic", "Input should", "valid", "Python", "libyaml"} & set(str(found.value).split())
