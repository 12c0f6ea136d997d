"""Every setting of ``pages`` stands in the how-to, with its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.web.settings import PagesSettings

PAGE = Path("docs/how-to/connect-your-identity-provider.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PagesSettings.model_fields)
def test_a_setting_of_pages_is_documented_with_its_default(name: str) -> None:
    field = PagesSettings.model_fields[name]
    rows = (line.split("|") for line in PAGE.splitlines() if line.startswith("|"))
    row = next((cells for cells in rows if f"`{name}`" in cells[1]), None)
    assert row, f"the how-to says nothing of {name}"
    assert field.is_required() or str(field.default).lower() in row[2].lower()
