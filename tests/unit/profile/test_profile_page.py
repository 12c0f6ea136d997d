"""The HTML report: one file, nothing fetched, readable aloud, and nothing in it can break out."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from broker.profile.page import page
from tests.unit.profile.profile_samples import cells, many, profiled, source

VOID = {"meta", "link", "br", "img"}


class Outline(HTMLParser):
    """What a screen reader goes by; raises when elements do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1:]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def report() -> str:
    return page(profiled([*many(100), *many(30, 100, dob=None, phone="07700 900123", started="soon")]))


def test_the_report_is_one_file_that_fetches_nothing(report: str) -> None:
    outline = Outline(report)
    assert {name for name, _ in outline.elements} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "form",
    } == set()
    for _, attributes in outline.elements:
        assert not {"src", "style", "onclick", "onload"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in report
    assert "@import" not in report
    assert "default-src 'none'" in str(outline.all("meta"))


def test_a_screen_reader_finds_its_way(report: str) -> None:
    outline = Outline(report)
    assert outline.all("html") == [{"lang": "en-GB"}]
    assert outline.headings.count(1) == 1
    assert all(
        later - earlier <= 1 for earlier, later in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert len(outline.all("caption")) == len(outline.all("table")) > 10
    assert all(one.get("scope") in {"col", "row"} for one in outline.all("th"))
    assert len(outline.all("main")) == 1
    names = [one["id"] for _, one in outline.elements if "id" in one]
    assert len(names) == len(set(names))
    targets = {(one["href"] or "").removeprefix("#") for one in outline.all("a")}
    assert targets <= set(names)
    assert {one["aria-labelledby"] for one in outline.all("section")} <= set(names)


def test_it_fits_a_phone_and_paper(report: str) -> None:
    assert "width=device-width" in report
    assert "@media print" in report


def test_how_bad_a_finding_is_stands_in_words(report: str) -> None:
    for words in ("Stops answers", "Hides people", "Whom to ring", "Please check"):
        assert words in report


def test_the_colours_have_enough_contrast(report: str) -> None:
    """WCAG 2.2 AA asks for 4.5 to 1; each colour of text stands on white."""
    for colour in ("0b0c0c", "505a5f", "1d70b8"):
        assert f"#{colour}" in report
        assert _contrast_with_white(colour) >= 4.5


def _contrast_with_white(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_what_files_and_codes_say_can_not_break_out_of_the_text() -> None:
    nasty = '"><script>alert(1)</script>'
    of = source(service=nasty, system=nasty, status_codes={nasty: "current"})
    rows = [cells(number, category="<b>x</b>", status=nasty) for number in range(50)]
    report = page(profiled(rows, of))
    assert "<script" not in report
    assert "<b>" not in report
    assert "&lt;b&gt;x&lt;/b&gt;" in report
    assert Outline(report).headings


def test_the_report_of_a_source_with_hardly_any_records_says_so() -> None:
    report = page(profiled(many(5)))
    assert "fewer than 20" in report
    assert Outline(report).all("table") == []
