"""Labels say how records compared, and can say nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from broker.learning.labels import Label, LabelsUnfit, append, read
from broker.matching.grades import Grade

LABEL = Label(
    month="2026-11",
    weights="default/1",
    grade=Grade.CERTAIN,
    bits=9.5,
    levels={"given_name": "exact", "birth_date": "one_edit"},
    same=True,
)


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "labels" / "school.jsonl"
    append(file, LABEL)
    append(file, LABEL.model_copy(update={"same": False}))
    assert [one.same for one in read(file)] == [True, False]
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Ashdown"},
        {"levels": {"given_name": "Maisie"}},
        {"levels": {"Maisie": "exact"}},
        {"month": "2026-11-23"},
        {"weights": "Maisie Ashdown"},
        {"grade": "Maisie"},
        {"bits": "Maisie"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_nothing_of_a_person_fits_into_a_label(tmp_path: Path, changed: dict[str, Any]) -> None:
    file = tmp_path / "school.jsonl"
    file.write_text(json.dumps(json.loads(LABEL.model_dump_json()) | changed), encoding="utf-8")
    with pytest.raises(LabelsUnfit) as unfit:
        read(file)
    assert "Line 1" in str(unfit.value)
    assert "Maisie" not in str(unfit.value)
    assert "Ashdown" not in str(unfit.value)
