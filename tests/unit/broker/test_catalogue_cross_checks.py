"""A partnership's files held against each other: each disagreement at its line, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.catalogue import load_catalogue
from handwritten import Fault, Faults
from tests.fakes.littleworth import POLICIES, SOURCES, policy_file, write_files


def faults(directory: Path, **changed: dict[str, str]) -> tuple[Fault, ...]:
    with pytest.raises(Faults) as found:
        load_catalogue(write_files(directory, **changed))
    return found.value.faults


def school_policy(old: str, new: str) -> dict[str, str]:
    assert old in POLICIES["school"]
    return {**POLICIES, "school": POLICIES["school"].replace(old, new)}


def school_source(old: str, new: str) -> dict[str, str]:
    assert old in SOURCES["school"]
    return {**SOURCES, "school": SOURCES["school"].replace(old, new)}


def test_files_that_agree_give_every_service(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_files(tmp_path))
    assert list(catalogue.services) == ["housing", "police", "school"]
    assert [one.sensitive for one in catalogue.services.values()] == [False, True, False]


def test_either_file_makes_a_source_sensitive(tmp_path: Path) -> None:
    policies = {**POLICIES, "school": policy_file("school", sensitive=True)}
    assert load_catalogue(write_files(tmp_path, policies=policies)).services["school"].sensitive


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (" category: ", " categry: ", "categry:", "Did you mean category?"),
        ("{purpose: section_47_enquiry, show: month}", "{purpose: section_47_enquiri, show: month}",
         "section_47_enquiri,", "Did you mean section_47_enquiry?"),
        ("section_47_enquiry, show: month}", "section_47_enquiry, roles: [social_wrker], show: month}",
         "social_wrker",
         "Did you mean social_worker?"),
    ],
)  # fmt: skip
def test_what_a_policy_names_and_nobody_has_is_shown_with_what_was_meant(
    tmp_path: Path, old: str, new: str, line: str, said: str
) -> None:
    policies = school_policy(old, new)
    found = faults(tmp_path, policies=policies)
    mine = [one for one in found if said in str(one)]
    assert mine, [str(one) for one in found]
    assert line in policies["school"].splitlines()[mine[0].line - 1]
    assert mine[0].path == tmp_path / "policies" / "school.yaml"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("started: started, ", "", "  started:"),
        ("last_contact: last_contact, ", "", "record_date: last_contact"),
        ("contact: {name: worker, role: worker_role, team: team, phone: phone, email: email}\n", "",
         "  lead_practitioner:"),
    ],
)  # fmt: skip
def test_a_field_without_a_column_is_a_fault_at_the_field(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    found = faults(tmp_path, sources=school_source(old, new))
    shown = [
        POLICIES["school"].splitlines()[one.line - 1] for one in found if "maps no column" in one.sentence
    ]
    assert any(line in text for text in shown), (shown, found)


def test_a_status_that_the_source_never_gives_is_a_fault(tmp_path: Path) -> None:
    coded = school_source(
        "gates: {category: category}", "status_codes: {O: opened, C: closed}\ngates: {category: category}"
    )
    found = faults(tmp_path, sources=coded)
    assert [one.hint for one in found if "no such status" in one.sentence] == ["Did you mean opened?"]


def test_a_source_without_policy_and_a_policy_without_source_are_both_faults(tmp_path: Path) -> None:
    sources = {name: text for name, text in SOURCES.items() if name != "school"}
    policies = {name: text for name, text in POLICIES.items() if name != "police"}
    found = {one.path.relative_to(tmp_path).as_posix(): one.sentence for one in faults(
        tmp_path, sources=sources, policies=policies
    )}  # fmt: skip
    assert set(found) == {"policies/school.yaml", "sources/police.yaml"}
    assert "nothing of it may be shared" in found["sources/police.yaml"]


def test_two_files_for_one_source_are_a_fault(tmp_path: Path) -> None:
    policies = {**POLICIES, "school2": POLICIES["school"]}
    sources = {**SOURCES, "school2": SOURCES["school"]}
    said = [one.sentence for one in faults(tmp_path, policies=policies, sources=sources)]
    assert [one for one in said if "already" in one] == [
        "Another policy is for this source already.",
        "Another source file is for this source already.",
    ]


def test_policies_of_two_sources_cannot_be_called_alike(tmp_path: Path) -> None:
    policies = {**POLICIES, "school": POLICIES["school"].replace("policy: school", "policy: police")}
    (fault,) = faults(tmp_path, policies=policies)
    assert (fault.path.name, fault.line) == ("school.yaml", 2)
    assert fault.sentence.startswith("Another source's policy is called so already")


def test_a_file_that_would_not_be_read_is_a_fault(tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "sources" / "health.yml").write_text(SOURCES["school"], encoding="utf-8")
    (fault,) = faults(tmp_path)
    assert (fault.path.name, fault.sentence) == (
        "health.yml",
        "Name it .yaml: a file of another name is not read.",
    )


def test_faults_of_every_kind_of_file_are_named_at_once(tmp_path: Path) -> None:
    write_files(tmp_path)
    for name in ("purposes.yaml", "sources/school.yaml", "policies/police.yaml"):
        (tmp_path / name).write_text("format: none/9\n", encoding="utf-8")
    with pytest.raises(Faults) as found:
        load_catalogue(tmp_path)
    assert {one.path.name for one in found.value.faults} == {"purposes.yaml", "school.yaml", "police.yaml"}


def test_an_empty_directory_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Faults) as found:
        load_catalogue(tmp_path)
    assert {one.path.name for one in found.value.faults} == {"purposes.yaml", "sources", "policies"}
