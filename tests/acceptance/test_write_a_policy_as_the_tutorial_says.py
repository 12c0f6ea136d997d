"""docs/tutorial/write-a-sharing-policy.md, followed to the letter, in an empty folder."""

from __future__ import annotations

from pathlib import Path

from policy.load import load_policy
from tests.acceptance.following import ROOT, Shell, blocks, follow

PAGE = ROOT / "docs" / "tutorial" / "write-a-sharing-policy.md"


def test_somebody_who_never_saw_the_project_writes_a_policy_with_the_page_alone(tmp_path: Path) -> None:
    directory = tmp_path / "empty"
    directory.mkdir()
    page = PAGE.read_text(encoding="utf-8")
    kinds = [one.kind for one in blocks(page)]
    assert (kinds.count("console"), kinds.count("yaml")) == (8, 3)
    shell = Shell(directory)
    try:
        for block in blocks(page):
            if block.kind == "console":
                follow(block.text, shell)
            else:
                _written(directory, block.path, block.text)
    finally:
        shell.close()
    policy = load_policy(directory / "policies" / "probation.yaml").policy
    assert policy.version == 1
    assert {name for name, _ in policy.rules()} == {"involved", "status", "last_contact", "lead_practitioner"}


def _written(directory: Path, path: str, text: str) -> None:
    """A block with a path is a file; with ``>>`` before it, the end of one."""
    file = directory / path.removeprefix(">>").strip()
    before = file.read_text(encoding="utf-8") if path.startswith(">>") else ""
    file.write_text(before + text, encoding="utf-8")
