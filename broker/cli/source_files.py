"""Finding a partnership's source by its name."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import handwritten
from connectors.source_file import SourceFile


def source_named(directory: Path, name: str) -> SourceFile | None:
    """The source of that name, whatever its file is called; None when there is none. Raises handwritten.Faults.

    Other sources' files may be as wrong as they like, unless it is not found for that.
    """
    own = directory / "sources" / f"{name}.yaml"
    paths = [own, *sorted((directory / "sources").glob("*.yaml"))] if own.exists() else _all(directory)
    for path in paths:
        found = handwritten.read(path, SourceFile)
        if found.source == name:
            return found
    return None


def no_such_source(directory: Path, name: str) -> str:
    """A sentence for a name that no file has."""
    names = [path.stem for path in _all(directory)]
    near = get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(names) or 'none'}."
    return f"{directory / 'sources'} has no source {name!r}.{hint}"


def _all(directory: Path) -> list[Path]:
    return sorted((directory / "sources").glob("*.yaml"))
