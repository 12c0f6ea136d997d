"""The JSON Schema of a sharing policy, for completion and checking in an editor."""

from __future__ import annotations

from typing import Any

from handwritten import schema_of
from policy.model import SharingPolicy


def json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    return schema_of(SharingPolicy)
