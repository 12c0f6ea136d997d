"""The JSON Schema of a sharing policy, for completion and checking in an editor."""

from __future__ import annotations

from typing import Any

from policy.model import SharingPolicy


def json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | SharingPolicy.model_json_schema(
        by_alias=True
    )
