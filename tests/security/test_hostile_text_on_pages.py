"""Whatever is typed into a form stands on the page as text: no tag, attribute or header is made of it."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.fakes.littleworth import Littleworth, littleworth, row
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, Browser, signed_in
from tests.security.hostile_text import MARK, hostile

STRINGS = int(os.environ.get("HOSTILE_STRINGS", "10000")) // 10
SEED = int(os.environ.get("SEED", "8"))
PLACES = (
    "case_reference",
    "reason",
    "people-1-given_name",
    "people-1-family_name",
    "people-1-postcode",
    "people-1-address",
)


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, in their order; and the values that hold a mark."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.where: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.where |= {name for name, value in attrs if MARK in (value or "")}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}, broker=PAGED) as made:
        yield made


@pytest.fixture
async def browser(town: Littleworth) -> Browser:
    return await signed_in(town)


def typed(strings: Sequence[str], **more: str) -> dict[str, str]:
    return {**EMMA_TYPED, **dict(zip(PLACES, strings, strict=False)), **more}


async def tags_of_pages(browser: Browser) -> set[tuple[str, tuple[str, ...]]]:
    """What pages are made of when nothing hostile is typed: an answer, and forms with every kind of complaint."""
    plain, unreadable, long = (["plain"] * len(PLACES), ["a\x08"] * len(PLACES), ["a" * 3000] * len(PLACES))
    pages = [
        await browser.post("/check/answer", fields)
        for fields in (
            *(typed(plain), typed(plain, conflict=""), typed(plain, reason=""), typed(["", "", "", ""])),
            *(typed(unreadable), typed(unreadable, conflict=""), typed(long)),
        )
    ]
    return {tag for _, page in pages for tag in Tags(page).tags}


async def test_whatever_is_typed_is_text_on_the_form_and_on_the_answer(
    town: Littleworth, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    on_form, on_answer = 0, 0
    known = await tags_of_pages(browser)
    strings = [text.encode("utf-8", "replace").decode() for _, _, text in hostile(STRINGS, SEED)]
    for at in range(0, len(strings), len(PLACES)):
        some = strings[at : at + len(PLACES)]
        status, form = await browser.post("/check/answer", typed(some, conflict=""))
        assert status == 422
        seen = Tags(form)
        assert set(seen.tags) <= known, some
        assert seen.where <= {"value"}
        on_form += form.count(MARK)
        status, answer = await browser.post("/check/answer", typed(some))
        assert status in {200, 422}
        seen = Tags(answer)
        assert set(seen.tags) <= known, some
        assert seen.where <= {"value", "data-name", "aria-label"}
        on_answer += status == 200
    assert on_form > len(strings) / 2
    assert on_answer > len(strings) / len(PLACES) / 5
    assert MARK not in caplog.text
    assert MARK.encode() not in town.log_bytes()
