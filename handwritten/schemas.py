"""The JSON Schema of a file that people write, for completion and checking in their editor."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class _WithoutNull(GenerateJsonSchema):
    """None stands for a key that was left out; an editor, like the loader, refuses one without a value."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    shape = model.model_json_schema(by_alias=True, schema_generator=_WithoutNull)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | shape
