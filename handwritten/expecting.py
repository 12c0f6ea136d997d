"""What a model expects at a place of its file, by following the model's own types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from handwritten.faults import Steps


def inside(kinds: tuple[Any, ...], step: str | int) -> tuple[Any, ...]:
    """The types that may stand one step inside. A text that a validator turns into something else has none."""
    return tuple(inner for kind in kinds for inner in _inside(kind, step))


def keys_at(model: type[BaseModel], steps: Steps) -> list[str]:
    """The keys that may stand at a place."""
    kinds: tuple[Any, ...] = (model,)
    for step in steps:
        kinds = inside(kinds, step)
    return [name for kind in kinds if is_model(kind) for name, _ in _fields(kind)]


def words_of(kinds: tuple[Any, ...]) -> frozenset[str]:
    """The words that may stand at a place that has only certain words."""
    return frozenset(
        word
        for kind in kinds
        if get_origin(kind) is Literal
        for word in get_args(kind)
        if isinstance(word, str)
    )


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields of a model as they are called in a file."""
    return ((one.alias or name, one) for name, one in model.model_fields.items())


@cache
def _kinds(model: type[BaseModel]) -> Mapping[str | int, tuple[Any, ...]]:
    """The types of a model's fields: worked out once, because a file of many rules asks for each of them often."""
    return {
        name: tuple(_alternatives(one.annotation, rewritten=_rewrites(one.metadata)))
        for name, one in _fields(model)
    }


def _inside(kind: Any, step: str | int) -> Iterator[Any]:
    if is_model(kind):
        yield from _kinds(kind).get(step, ())
    elif get_origin(kind) in (tuple, list):
        yield from _alternatives(get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield from _alternatives(get_args(kind)[1])


def _alternatives(kind: Any, *, rewritten: bool = False) -> Iterator[Any]:
    """A type without unions and annotations: each of the types that it may be."""
    if get_origin(kind) is Annotated:
        inner, *metadata = get_args(kind)
        yield from _alternatives(inner, rewritten=rewritten or _rewrites(metadata))
    elif get_origin(kind) in (Union, UnionType):
        yield from (one for inner in get_args(kind) for one in _alternatives(inner, rewritten=rewritten))
    elif not rewritten or is_model(kind) or get_origin(kind) in (dict, tuple, list):
        yield kind


def _rewrites(metadata: list[Any]) -> bool:
    """Whether an annotation may read a text as something else, such as "24 months" as a number."""
    return any(
        hasattr(one, "__get_pydantic_core_schema__") and not isinstance(one, AfterValidator)
        for one in metadata
    )
