"""The rows of a web API's answers, as values in the order of their columns.

What cannot be told apart from "there is nothing" is never guessed: an answer without its list of rows, a list
where an object should be, or a restriction that is not there at all is a misfit, not an empty answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import SourceMisfit
from connectors.json_pointer import ABSENT, Pointer, WrongShape, pointer
from connectors.live_columns import did_you_mean, mapped_columns
from connectors.read_values import text_of
from connectors.request_file import Marker, Request
from connectors.source_file import SourceFile

Row = tuple[object, ...]


def told_by(markers: Iterable[Marker], status: int, answer: object) -> bool:
    """Whether one of the markers holds. ``answer`` is ABSENT where there is no JSON."""
    return any(_holds(one, status, answer) for one in markers)


def _holds(marker: Marker, status: int, answer: object) -> bool:
    if marker.status is not None and marker.status != status:
        return False
    if marker.at is None:
        return True
    try:
        found = pointer(marker.at).of(answer)
    except WrongShape:
        return False
    if "is_" not in marker.model_fields_set:
        return found is not ABSENT and found not in (None, False, "", [], {})
    # In Python 1 is True, in JSON it is not.
    return type(found) is type(marker.is_) and found == marker.is_


class JsonRows:
    """Reads the answers of one source."""

    def __init__(self, source: SourceFile, request: Request) -> None:
        self._source = source
        self._rows = pointer(request.rows)
        self._each = pointer(request.each) if request.each else None
        self._key_is_inside = self._each is not None and pointer(source.local_key).below(self._each)
        self._pointers = {name: pointer(name) for _, name in mapped_columns(source)}
        self._must_be_there = _guards(source) - set(request.left_out_when_empty)

    def of(self, answer: object, columns: Sequence[str]) -> list[Row]:
        """The rows of one answer that are in the cohort, a value for each of the columns. Raises SourceMisfit."""
        found = [*self._in_answer(answer)]
        self._check_names(found, columns)
        reads = [self._read(name) for name in columns]
        return [tuple([read(row) for read in reads]) for row in found if self._in_cohort(row)]

    def check_probe(self, answer: object) -> None:
        """Raises SourceMisfit with everything that the file maps and no row of this answer has, a line each."""
        found = [] if answer is ABSENT else [*self._in_answer(answer)]
        if not found:
            raise SourceMisfit(f"{self._source.source}: the probe was answered without a row.")
        known = sorted({one for row in found for one in _places(row)})
        wrong = [
            f"{place}: there is no column {name!r}.{did_you_mean(name, known)}"
            for place, name in mapped_columns(self._source)
            if all(self._value(row, name) is ABSENT for row in found)
        ]
        if wrong:
            raise SourceMisfit(f"{self._source.source} is not as its source file says:\n" + "\n".join(wrong))

    def _in_answer(self, answer: object) -> Iterator[Mapping[str, Any]]:
        rows = self._found(self._rows, answer)
        if not isinstance(rows, list):
            raise self._misfit("the answer has no list where its rows should be", self._rows)
        for row in rows:
            if not isinstance(row, dict):
                raise self._misfit("what should be rows are not objects", self._rows)
            yield from self._unfolded(row)

    def _unfolded(self, row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A row for each item of the list in it. An empty list leaves one, unless the key is in the items."""
        if self._each is None:
            yield row
            return
        items = self._found(self._each, row)
        if items is None and not self._key_is_inside:
            items = []
        if not isinstance(items, list):
            raise self._misfit("a row has no list", self._each)
        if None in items:
            raise self._misfit("an item is null in", self._each)
        for item in items or ([] if self._key_is_inside else [None]):
            yield _with(row, self._each.steps, item)

    def _read(self, name: str) -> Callable[[Mapping[str, Any]], object]:
        """As ``_plain``, but quicker for what nearly every value is: a plain text, or null, in an object."""
        steps = self._pointers[name].steps

        def read(row: Mapping[str, Any]) -> object:
            found: Any = row
            for step in steps:
                if found.__class__ is not dict or step not in found:
                    return self._plain(row, name)
                found = found[step]
            plain = found is None or (found.__class__ is str and found.isascii())
            return found if plain else self._plain(row, name)

        return read

    def _plain(self, row: Mapping[str, Any], name: str) -> object:
        found = self._value(row, name)
        if found is ABSENT:
            if name in self._must_be_there and not self._of_no_item(row, name):
                raise self._misfit("a row does not have", self._pointers[name])
            return None
        if isinstance(found, (dict, list)):
            raise self._misfit("there is no single value", self._pointers[name])
        # Half a letter of UTF-16 can be written in JSON, and in nothing that a value goes into later.
        return found.encode("utf-8", "replace").decode() if isinstance(found, str) else found

    def _of_no_item(self, row: Mapping[str, Any], name: str) -> bool:
        """Whether it would stand in an item, and the row has none: then there is nothing to keep back."""
        each = self._each
        return each is not None and self._pointers[name].below(each) and self._found(each, row) is None

    def _value(self, row: Mapping[str, Any], name: str) -> object:
        return self._found(self._pointers[name], row)

    def _found(self, at: Pointer, document: object) -> object:
        try:
            return at.of(document)
        except WrongShape:
            pass
        raise self._misfit("the answer is not built as this pointer says", at)

    def _in_cohort(self, row: Mapping[str, Any]) -> bool:
        cohort = self._source.cohort
        if cohort is None:
            return True
        value = text_of(self._plain(row, cohort.column))
        return value in cohort.only if cohort.only else value not in cohort.never

    def _check_names(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Without a name in any of its rows, an answer says nothing of anyone: the names have moved."""
        named = self._source.identifiers
        names = {named.given_name.column, named.family_name.column} & set(columns)
        if rows and names and all(self._value(row, name) is ABSENT for row in rows for name in names):
            raise self._misfit("no row has", self._pointers[named.family_name.column])

    def _misfit(self, sentence: str, at: Pointer) -> SourceMisfit:
        written = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in at.steps)
        return SourceMisfit(f"{self._source.source}: {sentence} ({written or 'the whole answer'}).")


def _guards(source: SourceFile) -> set[str]:
    """The columns that keep rows from being shown: one that is lost would show them."""
    return {*source.gates.values(), *(one.column for one in source.guards().values())}


def _with(document: Mapping[str, Any], steps: Sequence[str], value: object) -> dict[str, Any]:
    step, *further = steps
    return {**document, step: _with(document[step], further, value) if further else value}


def _places(value: object, so_far: str = "") -> Iterator[str]:
    """The pointers to every single value of a row."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, f"{so_far}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, f"{so_far}/{number}")
    else:
        yield so_far
