"""A source file for a school's web API, which finds people by their number."""

from __future__ import annotations

from typing import Any

from connectors.source_file import SourceFile


def school_api(**changed: Any) -> SourceFile:
    """The source file; ``changed`` replaces whole parts of it."""
    file = {
        "format": "source/1",
        "source": "school",
        "service": "School",
        "system": "Littleworth schools",
        "kind": "http",
        "connection": {"url": "http://127.0.0.1", "ssl": "disable"},
        "request": {"body": {"nhs": "{nhs_number}", "born": "{birth_date}"}, "rows": ""},
        "local_key": "/ref",
        "identifiers": {"given_name": "/forename", "family_name": "/surname"},
        "involvement": {},
        "desk": {"name": "School desk", "phone": "0191 498 0000"},
        "coverage": {"area": "Littleworth", "since": "2015-01-01"},
        "population": 5_000,
    }
    return SourceFile.model_validate({**file, **changed})
