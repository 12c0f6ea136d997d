"""JSON pointers, as RFC 6901 has them."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.json_pointer import ABSENT, PointerText, WrongShape, pointer

# RFC 6901, section 5
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
FOUND = [
    ("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2),
    ("/e^f", 3), ("/g|h", 4), ("/i\\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), FOUND)
def test_a_pointer_leads_where_the_standard_says(text: str, found: object) -> None:
    assert pointer(text).of(DOCUMENT) == found


@pytest.mark.parametrize("text", ["foo", "/~", "/a~2", "#/foo", " /foo", "foo/"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="it begins with a slash"):
        TypeAdapter(PointerText).validate_python(text)


@pytest.mark.parametrize("text", ["/b", "/a/b", "/list/1", "/null/a", "/null/a/b", "/a/a/a/a"])
def test_what_is_not_there_is_absent_and_not_null(text: str) -> None:
    assert pointer(text).of({"a": {"a": None}, "list": [1], "null": None}) is ABSENT


def test_a_null_is_there() -> None:
    assert pointer("/a/a").of({"a": {"a": None}}) is None
    assert pointer("/a/0").of({"a": [None]}) is None


@pytest.mark.parametrize("text", ["/text/a", "/number/0", "/list/a", "/list/-", "/list/01", "/list/-1"])
def test_what_is_built_otherwise_is_said(text: str) -> None:
    with pytest.raises(WrongShape):
        pointer(text).of({"text": "abc", "number": 12, "list": [1, 2]})
