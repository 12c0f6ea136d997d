"""Every setting of ``family_context_api`` stands in the how-to, with its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.web.family_context.settings import FamilyContextSettings, LoginSettings

PAGE = Path("docs/how-to/keep-the-family-context-front-end.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FamilyContextSettings.model_fields)
def test_a_setting_of_the_old_front_end_is_documented_with_its_default(name: str) -> None:
    rows = (line.split("|") for line in PAGE.splitlines() if line.startswith("|"))
    row = next((cells for cells in rows if f"`{name}`" in cells[1]), None)
    assert row, f"the how-to says nothing of {name}"
    assert str(FamilyContextSettings.model_fields[name].default) in row[2]


@pytest.mark.parametrize("name", LoginSettings.model_fields)
def test_a_setting_of_its_login_is_documented(name: str) -> None:
    assert f"- `{name}`: " in PAGE
