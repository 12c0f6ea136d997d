"""From bytes to plain values with positions: YAML read as text only, and none of its surprises.

Every scalar stays the text that was written (1.10 is 1.10, and 2026-04-01 is no date yet): what it is to be
is for the model to say. Keys that stand twice, anchors, tags and tabs are faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from handwritten.characters import invisible, text_of, unwanted
from handwritten.faults import Fault, Faults, Positions, Steps

_BASE_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml's, where PyYAML was built with it
DEEPEST = 50
"""Nobody nests deeper by hand; and what is nested without end would exhaust the reader."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A file's content as texts, mappings and lists, with the position of everything.

    ``bare`` are the texts without quotation marks. ``faults`` are those that leave something to read.
    """

    content: Any = field(repr=False)
    positions: Positions
    bare: frozenset[Steps] = field(repr=False)
    faults: tuple[Fault, ...]


def compose(raw: bytes, path: Path) -> Composed:
    """The content of a handwritten file. Raises Faults where nothing can be read."""
    text = text_of(raw, path)
    unplaced = Positions(path, tuple(text.split("\n")), {}, {})
    if faults := list(unwanted(text, unplaced)):
        raise Faults(faults)
    try:
        if faults := list(_surprises(text, unplaced)):
            raise Faults(faults)
        root = yaml.compose(text, Loader=_BASE_LOADER)
    except yaml.MarkedYAMLError as fault:
        raise Faults([_not_yaml(fault, unplaced)]) from None
    except yaml.YAMLError:
        raise Faults([unplaced.fault((1, 1), "This cannot be read as YAML.")]) from None
    return _placed(root, unplaced)


def _surprises(text: str, unplaced: Positions) -> Iterator[Fault]:
    """What YAML can do and nobody needs here.

    In JSON, which programs write of records as they are, an escape may stand for what the eye cannot see.
    """
    by_hand = unplaced.path.suffix != ".json"
    documents = depth = 0
    for event in yaml.parse(text, Loader=_BASE_LOADER):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        sentence = _surprise(event, documents, depth) or (by_hand and _unseen(event))
        if sentence:
            yield unplaced.fault(_at(event.start_mark), sentence)
        if depth > DEEPEST:
            return


def _surprise(event: yaml.Event, documents: int, depth: int) -> str | None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "Anchors and aliases (& and *) are not used here. Write the text out."
    if getattr(event, "tag", None):
        return "Tags (!) are not used here. Write the value alone."
    if isinstance(event, yaml.DocumentStartEvent) and documents > 1:
        return "A second document begins here. Put it into a file of its own."
    return "This is nested too deeply to be meant." if depth > DEEPEST else None


def _unseen(event: yaml.Event) -> str | None:
    letter = invisible(event.value) if isinstance(event, yaml.ScalarEvent) else None
    return f"An invisible character ({letter}) is written here as an escape. Take it out." if letter else None


def _not_yaml(fault: yaml.MarkedYAMLError, unplaced: Positions) -> Fault:
    at = _at(fault.problem_mark or fault.context_mark)
    sentence = f"This cannot be read as YAML: {fault.problem or fault.context}."
    return unplaced.fault(
        at, sentence, "Look at the indentation, the colons and the quotation marks here and above."
    )


def _placed(root: yaml.Node | None, unplaced: Positions) -> Composed:
    if not isinstance(root, yaml.MappingNode):
        sentence = "The file has to begin with a key, such as 'format: ...'."
        raise Faults([unplaced.fault((1, 1), sentence)])
    placing = _Placing(unplaced)
    whole = placing.content(root, ())
    positions = Positions(unplaced.path, unplaced.lines, placing.values, placing.keys)
    return Composed(whole, positions, frozenset(placing.bare), tuple(placing.faults))


class _Placing:
    """Walks the nodes once, and keeps where each stands."""

    def __init__(self, unplaced: Positions) -> None:
        self.unplaced = unplaced
        self.values: dict[Steps, tuple[int, int]] = {}
        self.keys: dict[Steps, tuple[int, int]] = {}
        self.bare: set[Steps] = set()
        self.faults: list[Fault] = []

    def content(self, node: yaml.Node, steps: Steps) -> Any:
        """The plain value of a node: a text as written, or None where nothing was written."""
        self.values[steps] = _at(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, steps))
        if isinstance(node, yaml.SequenceNode):
            return [self.content(one, (*steps, place)) for place, one in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.style:
            return str(node.value)
        self.bare.add(steps)
        return str(node.value) or None

    def _pairs(self, node: yaml.MappingNode, steps: Steps) -> Iterator[tuple[str, Any]]:
        """The keys with their values; a key that cannot stand is left out with what stands under it."""
        for key, value in node.value:
            at = _at(key.start_mark)
            if sentence := self._wrong(key, steps):
                self.faults.append(self.unplaced.fault(at, sentence))
            else:
                self.keys[(*steps, key.value)] = at
                yield key.value, self.content(value, (*steps, key.value))

    def _wrong(self, key: yaml.Node, steps: Steps) -> str | None:
        if not isinstance(key, yaml.ScalarNode):
            return "A key has to be a single word."
        if not key.value:
            return "The key before the colon is missing."
        if key.value == "<<" and not key.style:
            return "Merging (<<) is not used here. Write the keys out."
        first = self.keys.get((*steps, key.value))
        return first and f"{key.value} stands here for the second time (first in line {first[0]})."


def _at(mark: Any) -> tuple[int, int]:
    """Line and column from 1, of a mark of either of PyYAML's parsers."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
