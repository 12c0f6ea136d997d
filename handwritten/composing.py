"""From bytes to plain values with positions: YAML read as text only, and none of its surprises.

Every scalar stays the text that was written (1.10 is 1.10, and 2026-04-01 is no date yet): what it is to be
is for the model to say. Keys that stand twice, anchors, tags and tabs are faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from handwritten.faults import Fault, Faults, Positions, Steps

_BASE_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's, where PyYAML was built with it
LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Composed:
    """A file's content as texts, mappings and lists, with the position of everything."""

    content: Any
    positions: Positions


def compose(raw: bytes, path: Path) -> Composed:
    """The content of a handwritten file. Raises Faults."""
    text = _text(raw, path)
    lines = tuple(text.split("\n"))
    bare = Positions(path, lines, {}, {})
    _refuse_before_reading(text, lines, bare)
    try:
        if surprises := list(_surprises(text, bare)):
            raise Faults(surprises)
        root = yaml.compose(text, Loader=_BASE_LOADER)
    except yaml.MarkedYAMLError as fault:
        raise Faults([_not_yaml(fault, bare)]) from None
    except yaml.YAMLError:
        raise Faults([bare.fault((1, 1), "This holds a character that a text file may not hold.")]) from None
    return _placed(root, bare)


def _text(raw: bytes, path: Path) -> str:
    if len(raw) > LARGEST_BYTES:
        raise Faults([Fault(path, 1, 1, "This file is over 1 MB, which no one wrote by hand.")])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise Faults([Fault(path, line, 1, "This is not text in UTF-8. Save the file as UTF-8.")]) from None
    return text


def _refuse_before_reading(text: str, lines: tuple[str, ...], bare: Positions) -> None:
    faults = []
    if text.startswith("\ufeff"):
        faults.append(
            bare.fault((1, 1), "The file begins with a byte order mark. Save it as UTF-8 without BOM.")
        )
    if "\r" in text:
        line = next(number for number, one in enumerate(lines, 1) if "\r" in one)
        faults.append(
            bare.fault((line, 1), "The lines end as in Windows. Save the file with Unix line ends (LF).")
        )
    for number, one in enumerate(lines, 1):
        if "\t" in one[: len(one) - len(one.lstrip())]:
            faults.append(bare.fault((number, 1), "This line is indented with a tab. Use spaces."))
    if not text.strip():
        faults.append(bare.fault((1, 1), "This file is empty."))
    if faults:
        raise Faults(faults)


def _surprises(text: str, bare: Positions) -> Iterator[Fault]:
    documents = 0
    for event in yaml.parse(text, Loader=_BASE_LOADER):
        if event.start_mark is None:
            continue
        at = (event.start_mark.line + 1, event.start_mark.column + 1)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield bare.fault(at, "Anchors and aliases (& and *) are not used here. Write the text out.")
        elif getattr(event, "tag", None):
            yield bare.fault(at, "Tags (!) are not used here. Write the value alone.")
        elif documents > 1 and isinstance(event, yaml.DocumentStartEvent):
            yield bare.fault(at, "A second document begins here. Put it into a file of its own.")


def _not_yaml(fault: yaml.MarkedYAMLError, bare: Positions) -> Fault:
    mark = fault.problem_mark or fault.context_mark
    at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    sentence = f"This cannot be read as YAML: {fault.problem or fault.context}."
    return bare.fault(
        at, sentence, "Look at the indentation, the colons and the quotation marks here and above."
    )


def _placed(root: yaml.Node | None, bare: Positions) -> Composed:
    placing = _Placing(bare)
    whole = placing.content(root, ())
    if not isinstance(whole, dict):
        placing.faults.append(bare.fault((1, 1), "The file has to begin with a key, such as 'format: ...'."))
    if placing.faults:
        raise Faults(placing.faults)
    return Composed(whole, Positions(bare.path, bare.lines, placing.values, placing.keys))


class _Placing:
    """Walks the nodes once, and keeps where each stands."""

    def __init__(self, bare: Positions) -> None:
        self.bare = bare
        self.values: dict[Steps, tuple[int, int]] = {}
        self.keys: dict[Steps, tuple[int, int]] = {}
        self.faults: list[Fault] = []

    def content(self, node: yaml.Node | None, steps: Steps) -> Any:
        """The plain value of a node; None for a file of comments alone."""
        if node is None:
            return None
        self.values[steps] = _position(node)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, steps))
        if isinstance(node, yaml.SequenceNode):
            return [self.content(one, (*steps, place)) for place, one in enumerate(node.value)]
        return _scalar(node)

    def _pairs(self, node: yaml.MappingNode, steps: Steps) -> Iterator[tuple[str, Any]]:
        for key, value in node.value:
            at = _position(key)
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(self.bare.fault(at, "A key has to be a single word."))
                continue
            inside = (*steps, key.value)
            if inside in self.keys:
                first = self.keys[inside][0]
                sentence = f"{key.value} stands here for the second time (first in line {first})."
                self.faults.append(self.bare.fault(at, sentence))
            self.keys.setdefault(inside, at)
            yield key.value, self.content(value, inside)


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: yaml.Node) -> str | None:
    """The text as written; None where nothing was written."""
    plain = isinstance(node, yaml.ScalarNode) and not node.style
    return None if plain and node.value == "" else str(node.value)
