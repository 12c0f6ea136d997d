"""Every setting of ``listen`` stands in the reference, with its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.api.settings import Listen

PAGE = Path("docs/reference/listening.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Listen.model_fields)
def test_a_setting_of_listen_is_documented_with_its_default(name: str) -> None:
    default = Listen.model_fields[name].default
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row, f"docs/reference/listening.md says nothing of {name}"
    assert default is None or str(default).lower().removesuffix(".0") in row.split("|")[2]
