"""The how-to's examples are settings that load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from broker.staff.settings import StaffDirectorySettings
from connectors.source_file import ContactColumns

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/complete-contacts-from-the-staff-directory.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("kind", ["csv", "scim", "ldap"])
def test_each_kind_has_an_example_that_loads(kind: str) -> None:
    (found,) = [
        one["staff_directory"] for one in EXAMPLES if one.get("staff_directory", {}).get("kind") == kind
    ]
    settings: StaffDirectorySettings = TypeAdapter(StaffDirectorySettings).validate_python(found)
    assert settings.kind == kind


def test_the_source_files_part_loads() -> None:
    (found,) = [one["contact"] for one in EXAMPLES if "contact" in one]
    assert ContactColumns.model_validate(found).desk_when is not None
