"""From a source file to its survey. What only kinds of optional extras need is imported when one is asked for."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path

from connectors.connection import Secrets
from connectors.contract import SourceMisfit
from connectors.registry import connect
from connectors.source_file import SourceFile
from connectors.survey.contract import Bounds, Reading, Surveyor

_SURVEYORS = {
    "extract": ("connectors.survey.extract", "survey_extract"),
    "memory": ("connectors.survey.sqlite", "survey_memory"),
    "odbc": ("connectors.survey.odbc", "survey_odbc"),
    "postgresql": ("connectors.survey.postgresql", "survey_postgresql"),
    "sqlite": ("connectors.survey.sqlite", "survey_sqlite"),
}


def survey(
    source: SourceFile, secrets: Secrets, base: Path, bounds: Bounds
) -> AbstractAsyncContextManager[Reading]:
    """One reading of a source; nothing is opened before the context is entered.

    Raises SourceMisfit: an unknown kind, one that cannot be read whole, or whose driver is not here.
    """
    connect(source, secrets, base)  # says what is wrong with the kind or its connection, as everywhere
    found = _SURVEYORS.get(source.kind)
    if found is None:
        raise SourceMisfit(
            f"{source.source}: a source of kind {source.kind} answers questions about people and can't be read"
            f" whole. Sources of these kinds can: {', '.join(_SURVEYORS)}."
        )
    module, name = found
    surveyor: Surveyor = getattr(import_module(module), name)
    return surveyor(source, secrets, base, bounds)
