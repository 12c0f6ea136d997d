"""Handwritten files: what is read as it stands, and every slip, told where it is and what to do."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

import handwritten
from handwritten import Faults


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: Literal["red", "green", "blue"] = "red"
    share: tuple[str, ...] = ()


def _months(written: str) -> int:
    return int(written.removesuffix(" months"))


class Spell(BaseModel):
    model_config = ConfigDict(extra="forbid")
    first: Annotated[date | None, Field(alias="from")] = None


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    number: Annotated[int, Field(ge=1, le=90)] = 1
    share_of: float = 1.0
    short: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = "x"
    shown: Literal["nothing", "yes"] = "nothing"
    expect: Literal["nothing", "withheld"] | Inner = "nothing"
    months: Annotated[int | None, BeforeValidator(_months)] = None
    options: dict[str, str | int | bool] = {}
    spell: Spell = Spell()
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
        "inner: {colour: green, share: ['no', \"~\", 012, Y]}\nby_name: {no: {}}\n"
        "shown: yes\nmonths: 24 months\noptions: {port: 5432, tls: true, host: db}\nshare_of: 0.25\n"
    )
    assert (made.name, made.number, made.agreed, made.sure) == ("1.10", 7, date(2026, 3, 1), True)
    assert made.inner.share == ("no", "~", "012", "Y")
    assert (made.shown, made.months, made.share_of, set(made.by_name)) == ("yes", 24, 0.25, {"no"})
    assert made.options == {"port": "5432", "tls": "true", "host": "db"}
    assert read("name: Nguyễn O'Brien-Smith محمد\n").name == "Nguyễn O'Brien-Smith محمد"


def test_the_digest_is_of_the_bytes_and_positions_are_of_keys_and_values(tmp_path: Path) -> None:
    path = tmp_path / "sample.yaml"
    path.write_bytes(b"name: a\nby_name:\n  one: {share: [x, y]}\n")
    _, digest, positions = handwritten.read_with_digest(path, Sample)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert positions.of(("by_name", "one", "share", 1)) == (3, 20)
    assert positions.of(("by_name", "one", "share"), key=True) == (3, 9)
    assert positions.of(("by_name", "two", "share")) == (3, 3)
    told = handwritten.fault_at(positions, ("by_name", "one", "share", 1), "No y.", "Did you mean x?")
    assert str(told) == (
        f"{path}:3:20: No y.\n      one: {{share: [x, y]}}\n                       ^\n    Did you mean x?"
    )


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
    "no as a text": ("name: no\n", "1:7: no stands for false in YAML."),
    "On in a list": ("name: a\ninner: {share: [On]}\n", "2:17: On stands for true in YAML."),
    "off where a text or a truth may stand": (
        "name: a\noptions: {tls: off}\n",
        "2:16: off stands for false in YAML.",
    ),
    "null as a text": ("name: null\n", "1:7: null stands for nothing in YAML."),
    "~ as a text": ("name: ~\n", "1:7: ~ stands for nothing in YAML."),
    "nothing for a text": ("name:\n", "1:6: Write a text here."),
    "True for true": ("name: a\nsure: True\n", "2:7: Write true or false here."),
    "an octal number": ("name: a\nnumber: 010\n", "2:9: Write a whole number here."),
    "a number in groups": ("name: a\nnumber: 1_0\n", "2:9: Write a whole number here."),
    "a broken whole number": ("name: a\nnumber: 7.0\n", "2:9: Write a whole number here."),
    "a number in Arabic digits": ("name: a\nnumber: \u0667\n", "2:9: Write a whole number here."),
    "no finite number": ("name: a\nshare_of: .inf\n", "2:11: Write a number here, such as 4 or 2.5."),
    "too small": ("name: a\nnumber: 0\n", "2:9: Write a number here that is at least 1."),
    "too large a number": ("name: a\nnumber: 91\n", "2:9: Write a number here that is at most 90."),
    "far too large a number": ("name: a\nnumber: " + "9" * 5000, "2:9: This number is too large."),
    "a form": ("name: a\nshort: Two Words\n", "2:8: This is not written in the form that is expected here."),
    "a word of two shapes": ("name: a\nexpect: nothng\n", "2:9: This has to be one of: nothing, withheld."),
    "a mapping of two shapes": (
        "name: a\nexpect: {colour: pink}\n",
        "2:18: This has to be one of: red, green, blue.",
    ),
    "a day that is not": ("name: a\nagreed: 2026-02-30\n", "2:9: Write a date here, as 2026-04-01."),
    "a tab after a colon": ("name:\ta\n", "1:6: A tab stands here. Use spaces."),
    "a control character": (
        "name: a\x1b[31m\n",
        "1:8: An invisible character (U+001B) stands here. Take it out.",
    ),
    "writing turned round": (
        "name: a\u202eb\n",
        "1:8: An invisible character (U+202E) stands here. Take it out.",
    ),
    "a line end that few see": (
        "name: a\u2028b: c\n",
        "1:8: An invisible character (U+2028) stands here. Take it out.",
    ),
    "a control character as an escape": (
        'name: "a\\x1b[31m"\n',
        "1:7: An invisible character (U+001B) is written here as an escape. Take it out.",
    ),
    "writing turned round by an escape, in a key": (
        'name: a\n"\\u202Eb": c\n',
        "2:1: An invisible character (U+202E) is written here as an escape. Take it out.",
    ),
    "binary": (b"\x00\x01\x02", "1:1: An invisible character (U+0000) stands here. Take it out."),
    "UTF-16": ("name: a\n".encode("utf-16"), "1:1: This is not text in UTF-8. Save the file as UTF-8."),
    "a mark alone": ("\ufeff", "1:1: This file is empty."),
    "merging": ("name: a\n<<: {number: 2}\n", "2:1: Merging (<<) is not used here. Write the keys out."),
    "an empty key": ("name: a\n'': b\n", "2:1: The key before the colon is missing."),
    "a list for a key": ("name: a\n? [b]\n: c\n", "2:3: A key has to be a single word."),
    "an unclosed quotation": (
        "name: 'a\n",
        "2:1: This cannot be read as YAML: found unexpected end of stream.",
    ),
    "nested without end": ("name: " + "[" * 5000, "1:56: This is nested too deeply to be meant."),
    "nested deeply, and closed": (
        "name: " + "[" * 20_000 + "]" * 20_000,
        "1:56: This is nested too deeply to be meant.",
    ),
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


HINTS = {
    "name: a\nspell: {form: 2026-01-01}\n": "Did you mean from?",
    "name: a\nshort: Two Words\n": "Did you mean two_words?",
    "name: a\nshown: Yes\n": "Did you mean yes?",
    "name: no\n": 'Write "no".',
    "name: ~\n": 'Leave the key out, or write "~" for the word.',
    "name: a\noptions: {tls: off}\n": 'Write false, or "off" for the word.',
    "name: a\nseveral: [{color: red}]\n": "Did you mean colour?",
    "name: a\nby_name: {x: {color: red}}\n": "Did you mean colour?",
}


@pytest.mark.parametrize("text", HINTS)
def test_what_was_probably_meant_is_said(text: str) -> None:
    with pytest.raises(Faults) as found:
        read(text)
    assert [fault.hint for fault in found.value.faults] == [HINTS[text]]


def test_a_fault_in_a_long_line_shows_the_piece_around_it() -> None:
    with pytest.raises(Faults) as found:
        read(f"inner: {{share: [{'word, ' * 100}no]}}\nname: a\n")
    _, excerpt, caret, _ = str(found.value).splitlines()
    assert len(excerpt) < 130
    assert excerpt[caret.index("^") :] == "no]}"


def test_nothing_in_a_file_paints_a_terminal() -> None:
    with pytest.raises(Faults) as found:
        read('name: a\n"\\e[31mred": b\nnumber: 0 # \x9b31m\n')
    assert all(line.isprintable() for line in str(found.value).splitlines())
    with pytest.raises(Faults) as found:
        read('name: a\n"\\e[31m\\nred": b\n')
    assert all(line.isprintable() for line in str(found.value).splitlines())


def test_slips_of_every_kind_are_told_at_once() -> None:
    with pytest.raises(Faults) as found:
        read("number: 010\nnumber: 7\nsure: yes\nagreed: soon\nnmae: a\ninner: {colour: gren}\n<<: {}\n")
    assert [fault.line for fault in found.value.faults] == [1, 1, 2, 3, 4, 5, 6, 7]


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    with pytest.raises(Faults) as found:
        read("number: many\nsevral: []\ninner: {colour: x}\n")
    assert [fault.line for fault in found.value.faults] == [1, 1, 2, 3]


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_a_file_that_was_cut_off_is_read_whole_or_faulted(cut: int) -> None:
    text = "name: 'a b'\nnumber: 7\ninner: {colour: green, share: [a, b]}\nsure: true\n"[:cut]
    assert read_or_faulted(text)


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(Faults, match="over 1 MB"):
        handwritten.read(Path("/dev/zero"), Sample)


@pytest.mark.parametrize("where", ["missing.yaml", ".", "a\0b"])
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
