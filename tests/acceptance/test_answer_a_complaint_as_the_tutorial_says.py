"""docs/tutorial/answer-a-complaint.md, followed to the letter, on the demo's town."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.databases import Databases
from tests.acceptance.following import ROOT, Shell, blocks, follow

PAGE = ROOT / "docs" / "tutorial" / "answer-a-complaint.md"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """An empty directory; nothing of the demo's databases is left behind."""
    empty = tmp_path / "empty"
    empty.mkdir()
    yield empty
    Databases(empty / "town" / "state").destroy()


def test_an_auditor_gets_from_a_complaint_to_evidence_with_the_page_alone(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROJECT", os.fspath(ROOT))
    shell = Shell(directory)
    try:
        console = [one.text for one in blocks(PAGE.read_text(encoding="utf-8")) if one.kind == "console"]
        assert len(console) == 11
        ids: dict[str, str] = {}
        for text in console:
            follow(text, shell, ids)
    finally:
        shell.close()
    (report,) = (value for name, value in ids.items() if name.startswith("r-"))
    told = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    assert told["report"] == report
    assert [one["entry"] for one in told["looked_up"]] == [7, 17, 25, 33]
