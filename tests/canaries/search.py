"""Looking for words in whatever spelling something may have been kept: plain, folded, encoded, escaped."""

from __future__ import annotations

import base64
import html
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

SHORTEST_ENCODED = 8
"""Letters: of fewer, base64 is found by chance in what is encrypted."""


def found(words: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """Which word stands where, with what is around it."""
    lowered = {place: content.lower() for place, content in places.items()}
    return [
        f"{word} in {place}: {_around(content, at)!r}"
        for word in words
        for place in places
        for content, needles in (
            (lowered[place], {one.lower() for one in plain(word)}),
            (places[place], set(in_base64(word))),
        )
        if (at := next((content.find(one) for one in needles if one in content), -1)) >= 0
    ]


def plain(word: str) -> Iterator[bytes]:
    """A word as text, whatever it went through but base64; its case is for the search to leave out."""
    for text in texts(word):
        yield text.encode()
        yield text.encode("utf-16-le")
        yield text.encode().hex().encode()
        yield from (one.encode() for one in (quote(text, safe=""), quote_plus(text), html.escape(text)))
        yield json.dumps(text)[1:-1].encode()
        yield text.encode("unicode_escape")
        yield ascii(text.encode())[2:-1].encode()


def in_base64(word: str) -> Iterator[bytes]:
    """The letters that a word gives in base64, wherever in a text it stands, in both alphabets."""
    for text in {*texts(word), *(one.upper() for one in texts(word))}:
        for before in range(3):
            raw = b"\0" * before + text.encode()
            # What comes before and after the word also has a part in the letters at its ends.
            whole = base64.b64encode(raw)[: len(raw) * 4 // 3]
            letters = whole[(before * 4 + 2) // 3 :]
            if len(letters) >= SHORTEST_ENCODED:
                yield letters
                yield letters.replace(b"+", b"-").replace(b"/", b"_")


def texts(word: str) -> set[str]:
    """A word as it is written, in either case, without accents, and its letters and digits alone."""
    decomposed = unicodedata.normalize("NFKD", word.lower())
    folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    bare = "".join(letter for letter in folded if letter.isalnum())
    either = {unicodedata.normalize(form, word) for form in ("NFC", "NFD")}
    return {word, word.lower(), word.upper(), folded, *either, *([bare] if _is_rare(bare) else [])}


def _is_rare(bare: str) -> bool:
    """Fewer letters or digits in a row are found by chance in digests and in what is encrypted."""
    return len(bare) >= SHORTEST_ENCODED - (not bare.isdecimal())


def _around(content: bytes, at: int) -> bytes:
    return content[max(0, at - 120) : at + 120]
