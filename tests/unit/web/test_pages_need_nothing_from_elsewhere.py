"""What pages are made of: small, ours, without script or style in the page, without crown and fonts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker.web.asset_files import FOLDER, read_assets

TEMPLATES = sorted((FOLDER.parent / "templates").rglob("*.html"))
STYLE = (FOLDER / "pages.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "pages.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_holds_script_style_or_anothers_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\son[a-z]+=|<style|style=|javascript:|https?://|\|\s*safe", text) == []
    assert re.findall(r"<script(?! src=\"\{\{ assets)", text) == []


def test_the_style_fetches_nothing_and_names_no_font_of_gov_uk() -> None:
    assert re.findall(r"url\(|@import|@font-face", STYLE) == []
    assert "transport" not in STYLE.lower()
    assert "crown" not in STYLE.lower()


def test_the_licence_of_the_style_lies_beside_it() -> None:
    licence = (FOLDER / "LICENSE-govuk-frontend.txt").read_text(encoding="utf-8")
    assert licence.startswith("The MIT License (MIT)")
    assert "LICENSE-govuk-frontend.txt" in STYLE[:200]


def test_the_script_stores_nothing_and_sends_nothing_elsewhere() -> None:
    assert (
        re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie|eval\(|https?://", SCRIPT) == []
    )


def test_all_files_together_are_small() -> None:
    assert sum(len(one.content) for one in read_assets().values()) < 120_000
