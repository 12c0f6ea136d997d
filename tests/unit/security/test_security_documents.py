"""What the threat model and the ASVS list name as evidence exists, and no line of either is forgotten."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODEL, ASVS = ROOT / "docs/explanation/threat-model.md", ROOT / "docs/reference/asvs.md"
_EVIDENCE = re.compile(r"`((?:tests|docs|deploy)/[^`:]+|pyproject\.toml|SECURITY\.md)(?:::(\w+))?`")
_ROW = re.compile(
    r"^\| V(\d+\.\d+)\.(\d+)(?:-(\d+))? \| (.+?) \| (met|open|partnership|n/a) \| (.+) \|$", re.MULTILINE
)

REQUIREMENTS = {
    # Section: its last requirement of level 2; of 8, 9, 10, 13, 14 and 16, of level 3.
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
    "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
    "8.1": 4, "8.2": 4, "8.3": 3, "8.4": 2,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 3, "10.3": 5, "10.4": 16, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 4, "13.2": 6, "13.3": 4, "13.4": 7,
    "14.1": 2, "14.2": 8, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4,
}  # fmt: skip


def evidence(page: Path) -> list[tuple[str, str]]:
    return sorted({(one[1], one[2] or "") for one in _EVIDENCE.finditer(page.read_text(encoding="utf-8"))})


def rows() -> Iterator[tuple[str, range, str, str]]:
    """Section, requirements, state, evidence of each line."""
    for one in _ROW.finditer(ASVS.read_text(encoding="utf-8")):
        yield one[1], range(int(one[2]), int(one[3] or one[2]) + 1), one[5], one[6]


@pytest.mark.parametrize("named", [*evidence(MODEL), *evidence(ASVS)], ids="::".join)
def test_what_is_named_as_evidence_exists(named: tuple[str, str]) -> None:
    path, test = named
    assert (ROOT / path).exists()
    assert not test or re.search(
        rf"^(async )?def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE
    )


def test_every_threat_has_a_test() -> None:
    threats = [
        line for line in MODEL.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-Z] \|", line)
    ]
    assert len(threats) > 40
    assert all("::test_" in line for line in threats)
    assert {line[2] for line in threats} == set("STRIDE") | set("LINDDUN")


def test_every_requirement_stands_once_in_its_order() -> None:
    seen = [(section, number) for section, numbers, _, _ in rows() for number in numbers]
    assert seen == [
        (section, number) for section, last in REQUIREMENTS.items() for number in range(1, last + 1)
    ]


def test_the_figures_at_the_head_are_those_of_the_lines() -> None:
    counted: Counter[str] = Counter()
    for _, numbers, state, _ in rows():
        counted[state] += len(numbers)
    for state, many in counted.items():
        assert re.search(rf"^\| {state} \|.*\| {many} \|$", ASVS.read_text(encoding="utf-8"), re.MULTILINE)


def test_what_is_met_has_something_to_show() -> None:
    for section, _, state, shown in rows():
        assert state != "met" or len(shown) > len("as said"), section
