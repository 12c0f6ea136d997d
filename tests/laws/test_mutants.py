"""Every clause of every law has a mutant that breaks it, and each mutant turns that clause's test red.

``mutants/*.yaml`` lists them: a change of one place in the code, and the test that must fail with it. A mutant
is applied to a copy of the code, where that one test then runs. ``doors.yaml`` and ``left_behind.yaml`` are of
what the laws rest on: who may call what, how strongly they signed in, what opens by a link, and that canaries
would be found.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LAWS = ROOT / "tests" / "laws"
COPIED = (
    "broker",
    "connectors",
    "policy",
    "consent_rules",
    "handwritten",
    "tests",
    "deploy",
    "pyproject.toml",
)
TESTS_FAILED = 1
"""pytest's exit code when tests ran and failed; a mutant that breaks an import has another, and proves nothing."""


@dataclass(frozen=True, slots=True)
class Mutant:
    clause: str
    file: str
    change: str
    to: str
    breaks: str

    @property
    def test(self) -> str:
        """What pytest is to run: a law's test is known by its name alone."""
        return self.breaks if "::" in self.breaks else f"tests/laws/{law_tests()[self.breaks]}::{self.breaks}"


def mutants() -> list[Mutant]:
    return [
        Mutant(**one)
        for path in sorted((LAWS / "mutants").glob("*.yaml"))
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def law_tests() -> dict[str, str]:
    """Every test of a law, and the file that it stands in."""
    return {
        function.name: path.name
        for path in sorted(LAWS.glob("test_law_*.py"))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and function.name.startswith("test_law_")
    }


def test_every_law_has_tests() -> None:
    assert {name.split("_")[2] for name in law_tests()} == set("123456789")


def test_every_test_of_a_law_has_a_mutant_that_breaks_it() -> None:
    assert set(law_tests()) - {mutant.breaks for mutant in mutants()} == set()


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.clause)
def test_a_mutant_turns_its_clause_red(mutant: Mutant, tmp_path: Path) -> None:
    copy = _copied(tmp_path, mutant.test)
    mutated = copy / mutant.file
    before = mutated.read_text(encoding="utf-8")
    assert before.count(mutant.change) == 1, (
        f"{mutant.file} has changed: this mutant no longer applies to one place"
    )
    mutated.write_text(before.replace(mutant.change, mutant.to), encoding="utf-8")

    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own tests
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", mutant.test],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == TESTS_FAILED, f"the mutant lives:\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}"


def _copied(to: Path, test: str) -> Path:
    """All that the test may need; of the tests beside the laws', its own folder."""
    others = {"integration", "acceptance", "spec", "unit"} - set(Path(test.partition("::")[0]).parts)
    nowhere = shutil.ignore_patterns("__pycache__", "*.pyc", *others)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=nowhere)
        else:
            shutil.copy2(ROOT / name, to / name)
    return to
