"""``broker audit`` on the command line: what it tells, and that whoever read is told too."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.audit.checkpoint import Verifier, opened
from broker.audit.keys import load_keys
from broker.audit.proof import proves
from broker.audit.reader import AuditReader
from broker.audit.tree import leaf_hash
from broker.cli import main
from broker.cli.printing import Exit
from connectors.contract import Candidate
from tests.fakes.littleworth import EMMA, littleworth, row
from tests.unit.audit.standalone import verify_alone

ORIGIN = "littleworth.example/family-context"


def run(directory: Path, *words: str | Path) -> Result:
    told = [*map(str, words), "--partnership", str(directory)]
    return CliRunner().invoke(main, ["audit", *told], env={"COLUMNS": "1000"})


def as_json(directory: Path, *words: str | Path) -> Any:
    told = run(directory, *words, "--json")
    assert told.exit_code == Exit.WELL, told.output
    return json.loads(told.stdout)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Littleworth, after Sam Okafor asked about Emma Ashdown, and about somebody else."""

    async def asked() -> None:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask()
            await town.ask(
                {**EMMA, "given_name": "Zoltan", "family_name": "Quorn", "birth_date": "1950-01-02"}
            )

    asyncio.run(asked())
    return tmp_path


def readings(directory: Path) -> list[dict[str, Any]]:
    keys = load_keys(directory / "state" / "keys")
    with AuditReader.open(directory / "state" / "audit.db", keys, ORIGIN) as reader:
        return [dict(one.facts["request"]) for one in reader.entries() if one.kind == "audit.read"]


def test_questions_are_found_and_the_next_page_is_named(town: Path) -> None:
    told = run(town, "search", "--requester", "okafor", "--last", "1")
    assert told.exit_code == Exit.WELL
    assert "section_47_enquiry" in told.stdout
    whole = as_json(town, "search", "--requester", "okafor")
    assert [one["requester"]["name"] for one in whole["found"]] == ["Sam Okafor"] * 2
    assert whole["before"] is None
    first = as_json(town, "search", "--requester", "okafor", "--last", "1")
    assert first["before"] == first["found"][0]["entry"]
    assert f"There are more: --before {first['before']}" in told.stdout
    rest = as_json(town, "search", "--requester", "okafor", "--before", str(first["before"]))
    assert [*first["found"], *rest["found"]] == whole["found"]
    assert "Emma" not in json.dumps(whole)
    assert "Nothing in the log fits." in run(town, "search", "--purpose", "none").stdout


def test_questions_are_counted(town: Path) -> None:
    told = as_json(town, "search", "--purpose", "section_47_enquiry", "--count")
    assert told["all"] == {"questions": 2}
    assert told["outcome"]["school: involved"] == 1
    assert "school: involved" in run(town, "search", "--count").stdout


def test_a_search_is_an_entry_with_what_was_searched_for(town: Path) -> None:
    run(town, "search", "--requester", "okafor", "--since", "2026-01-01")
    (read,) = readings(town)
    assert read["command"] == "audit search"
    assert read["asked"] == {"requester": "okafor", "since": "2026-01-01"}


def test_an_entry_is_proved_by_a_file_that_stands_on_its_own(town: Path, tmp_path: Path) -> None:
    proof, entry = tmp_path / "out.proof", tmp_path / "out.entry"
    told = run(town, "prove", "3", "--out", proof, "--entry", entry)
    assert told.exit_code == Exit.WELL, told.output
    verifier_key = told.stdout.split("Verifier key")[1].strip()
    verifier = as_verifier(verifier_key)
    leaf = leaf_hash(entry.read_bytes())
    assert base64.b64encode(leaf).decode() in told.stdout
    alone = verify_alone("proof", proof, "--entry", entry, "--key", verifier_key)
    assert (alone.returncode, "VERIFIED" in alone.stdout) == (0, True)
    assert proves(proof.read_text(encoding="utf-8"), leaf, verifier)
    assert not proves(proof.read_text(encoding="utf-8"), leaf_hash(entry.read_bytes() + b" "), verifier)
    again = as_json(town, "prove", "3")
    assert base64.b64decode(again["bytes"]) == entry.read_bytes()
    assert proves(again["proof"], base64.b64decode(again["leaf_hash"]), verifier)
    assert run(town, "prove", "3").stdout.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


def test_an_entry_that_is_not_there_is_not_proved_and_no_file_is_overwritten(
    town: Path, tmp_path: Path
) -> None:
    missing = run(town, "prove", "4711")
    assert (missing.exit_code, "The log has" in missing.stderr) == (Exit.USAGE, True)
    (tmp_path / "kept").write_text("mine")
    refused = run(town, "prove", "0", "--out", tmp_path / "kept")
    assert (refused.exit_code, (tmp_path / "kept").read_text()) == (Exit.USAGE, "mine")


WHOM = ("--person", "Ashdown, Emma, 1991-03-07", "--reason", "Her request of 3 June")
BOTH_TESTS = ("--serious-harm", "no", "--third-party", "no")


def test_who_looked_somebody_up_is_found_reviewed_and_released(town: Path, tmp_path: Path) -> None:
    begun = as_json(town, "person", "start", *WHOM)
    (found,) = begun["found"]
    assert (found["sure"], found["requester"]["name"]) == ("certain", "Sam Okafor")
    report, entry = begun["report"], str(found["entry"])
    early = run(town, "person", "release", report, "--out", tmp_path / "report")
    assert (early.exit_code, f"still to be reviewed: {entry}." in early.stderr) == (Exit.WRONG, True)
    reviewing = ("person", "review", report, "--entry", entry, "--verdict", "released")
    half = run(town, *reviewing, "--serious-harm", "no")
    assert (half.exit_code, "--third-party" in half.stderr) == (Exit.USAGE, True)
    assert as_json(town, *reviewing, *BOTH_TESTS)["left"] == []
    listed = as_json(town, "person", "review", report)
    assert listed["found"][0]["review"]["verdict"] == "released"
    released = run(town, "person", "release", report, "--out", tmp_path / "report")
    assert released.exit_code == Exit.WELL, released.output
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "Sam Okafor, social_worker" in text
    assert (tmp_path / "report.txt").stat().st_mode & 0o777 == 0o600
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [one["who"] for one in told["looked_up"]] == ["Sam Okafor"]
    traced = as_json(town, "trace", report)["entries"]
    assert [one["type"] for one in traced] == [
        "subject.report_started",
        "subject.reviewed",
        "audit.read",
        "subject.released",
    ]
    assert (
        traced[3]["release"]["sha256"] == hashlib.sha256((tmp_path / "report.json").read_bytes()).hexdigest()
    )
    shown = run(town, "trace", report).stdout
    for words in ("Her request of 3 June", "entry 12 released".replace("12", entry), "Serious harm: no."):
        assert words in shown


def test_a_report_is_not_written_over_another_file(town: Path, tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("mine")
    begun = as_json(town, "person", "start", "--nhs-number", "9990000018", "--reason", "x")
    assert begun["found"] == []
    refused = run(town, "person", "release", begun["report"], "--out", tmp_path / "report")
    assert (refused.exit_code, (tmp_path / "report.txt").read_text()) == (Exit.USAGE, "mine")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reason", "x"), "Say who it is"),
        (("--person", "Ashdown", "--reason", "x"), "Write the person as"),
        (("--nhs-number", "123", "--reason", "x"), "Say who it is"),
    ],
)
def test_too_little_finds_nobody(town: Path, words: tuple[str, ...], told: str) -> None:
    refused = run(town, "person", "start", *words)
    assert (refused.exit_code, told in refused.stderr) == (Exit.USAGE, True)


def test_a_person_without_a_birth_date_is_found_by_name_and_place(town: Path) -> None:
    begun = as_json(town, "person", "start", "--person", "Ashdown, Emma", "--reason", "x")
    assert [one["sure"] for one in begun["found"]] == ["possible"]


def test_a_review_of_what_is_not_there_is_refused(town: Path) -> None:
    for words, told in (
        (("r-none",), "no report r-none"),
        (("r-none", "--entry", "1", "--verdict", "released", *BOTH_TESTS), "no report r-none"),
    ):
        refused = run(town, "person", "review", *words)
        assert (refused.exit_code, told in refused.stderr) == (Exit.USAGE, True)


@pytest.mark.parametrize("withheld", [{"gates": {"category": "parking"}}, {"restricted": True}])
def test_a_trace_is_the_same_whether_a_record_was_withheld_or_was_not_there(
    tmp_path: Path, withheld: dict[str, Any]
) -> None:
    def traced(name: str, *rows: Candidate) -> tuple[list[str], list[str]]:
        async def asked() -> str:
            async with littleworth(tmp_path / name, {"school": rows}) as town:
                return str((await town.ask())["query_id"])

        query_id = asyncio.run(asked())
        told = run(tmp_path / name, "trace", query_id)
        return words_of(told.stdout), words_of(run(tmp_path / name, "trace", query_id, "--json").stdout)

    absent, there = traced("absent"), traced("withheld", row(**withheld))
    assert absent == there
    assert "nothing_to_share" in absent[0]


def words_of(told: str) -> list[str]:
    """The words of a trace, without times, and what is drawn by lot: salts, ids, keys and what is made with them.

    Which source answered first is chance too.
    """
    by_lot = r'"epoch": "[0-9a-f]+"|[0-9a-f]{32,}'
    times = r"\d{4}-\d\d-\d\d[ T][0-9:.+]+|\d+ ms|milliseconds(_at_the_source)?\": \d+"
    told = re.sub(f"{by_lot}|{times}", "", told)
    return sorted(re.findall(r"[\w.,:'\"()-]+", told))


def test_a_trace_says_of_each_source_how_long_under_which_policy_and_where_else_it_stands(town: Path) -> None:
    (query_id,) = {one["query_id"] for one in as_json(town, "search", "--outcome", "involved")["found"]}
    source = town / "sources" / "school.yaml"
    source.write_text(source.read_text().replace("kind: memory", "kind: postgresql"))
    (town / "sources" / "police.yaml").unlink()
    traced = {one["source"]: one for one in as_json(town, "trace", query_id)["sources"]}
    school = traced["school"]
    assert school["in_the_sources_own_log"] == f"application_name 'family-context {query_id}'"
    assert "no log" in traced["housing"]["in_the_sources_own_log"]
    assert "no source file" in traced["police"]["in_the_sources_own_log"]
    assert (school["policy_version"], school["view"], len(school["policy_digest"])) == (3, "details", 64)
    assert school["milliseconds_after_the_intent"] == 0  # the clock of this town stands still
    assert school["milliseconds_at_the_source"] >= 0
    (outcome,) = school["outcomes"]
    assert outcome.startswith(
        "person 1: involved (involved yes, last_contact full_date, lead_practitioner named,"
    )
    assert "Source by source" in run(town, "trace", query_id).stdout


AS_GOVERNANCE = ("--entries", "--as", "information_governance", "--reason", "Complaint IG-77")


def test_an_owner_is_told_counts_and_single_entries_for_a_reason_alone(town: Path) -> None:
    counted = as_json(town, "owner", "school")
    assert (counted["people_asked_about"], {one["told_as"] for one in counted["by"]["role"]}) == (
        None,
        {"held_back"},
    )
    assert "too few" in run(town, "owner", "school").stdout
    for words in (("--entries",), AS_GOVERNANCE[:3], (*AS_GOVERNANCE[:4], " "), AS_GOVERNANCE[3:]):
        assert run(town, "owner", "school", *words).exit_code == Exit.USAGE
    found = as_json(town, "owner", "school", *AS_GOVERNANCE)
    assert [one["outcomes"][0]["outcome"] for one in found] == ["nothing_to_share", "involved"]
    whole = json.dumps(found) + run(town, "owner", "school", *AS_GOVERNANCE).stdout
    assert not [word for word in ("Okafor", "lw-1", "Emma", "Zoltan", "LW-42", "Referral") if word in whole]
    read = [one for one in readings(town) if one["command"] == "audit owner"]
    assert [one["reason"] for one in read] == [None, None, "Complaint IG-77", "Complaint IG-77"]
    assert read[2]["asked"]["as"] == "information_governance"


def test_a_source_that_is_not_there_has_no_owner(town: Path) -> None:
    refused = run(town, "owner", "skool")
    assert (refused.exit_code, "no source skool" in refused.stderr) == (Exit.USAGE, True)


def test_an_export_is_recorded_with_its_count_before_it_is_there(town: Path, tmp_path: Path) -> None:
    for kind in ("fhir", "csv"):
        file = tmp_path / f"out.{kind}"
        told = as_json(town, "export", "--format", kind, "--out", file)
        whole = file.read_text(encoding="utf-8")
        assert len(whole.splitlines()) == told["written"] + (kind == "csv")
        assert not [
            word for word in ("Emma", "Ashdown", "Okafor", "lw-1", "LW-42", "Referral") if word in whole
        ]
        assert file.stat().st_mode & 0o777 == 0o600
        assert readings(town)[-1]["asked"] == {"format": kind, "written": str(told["written"])}


def test_names_are_exported_by_an_auditor_with_a_reason_alone(town: Path, tmp_path: Path) -> None:
    out = ("export", "--format", "csv", "--out", tmp_path / "named.csv", "--with-identifiers")
    for words in ((), ("--as", "auditor"), ("--reason", "x"), ("--as", "auditor", "--reason", "  ")):
        refused = run(town, *out, *words)
        assert (refused.exit_code, (tmp_path / "named.csv").exists()) == (Exit.USAGE, False)
    as_json(town, *out, "--as", "auditor", "--reason", "Inquiry 7")
    assert "Ashdown" in (tmp_path / "named.csv").read_text(encoding="utf-8")
    read = readings(town)[-1]
    assert (read["reason"], read["asked"]["with_identifiers"], read["asked"]["as"]) == (
        "Inquiry 7",
        "yes",
        "auditor",
    )


def test_an_export_writes_over_no_file_and_days_bound_it(town: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    refused = run(town, "export", "--format", "csv", "--out", tmp_path / "kept")
    assert (refused.exit_code, (tmp_path / "kept").read_text()) == (Exit.USAGE, "mine")
    late = as_json(
        town,
        "export",
        "--format",
        "fhir",
        "--out",
        tmp_path / "l",
        "--since",
        "2026-06-02",
        "--until",
        "2026-06-03",
    )
    assert (late["written"], (tmp_path / "l").read_text()) == (0, "")


def test_a_log_is_held_against_what_another_says_of_the_same_source(town: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "agent.ndjson"
    told = as_json(town, "export", "--format", "consultations", "--source", "school", "--out", theirs)
    assert told["written"] == 2
    assert as_json(town, "reconcile", "school", "--with", theirs)["agree"] == 2
    head, first, second = theirs.read_text(encoding="utf-8").splitlines(keepends=True)
    theirs.write_text(head + first, encoding="utf-8")
    lost = run(town, "reconcile", "school", "--with", theirs, "--json")
    assert lost.exit_code == Exit.WRONG
    assert [one["query_id"] for one in json.loads(lost.stdout)["only_here"]] == [
        json.loads(second)["query_id"]
    ]
    shown = run(town, "reconcile", "school", "--with", theirs)
    assert "the other never saw them" in shown.stdout
    assert readings(town)[-1]["asked"] == {"source": "school", "with": "agent"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "either --with FILE, or --database-log FILE"),
        (("--with", "{file}"), "first line"),
        (("--database-log", "{file}"), "--log-line-prefix"),
        (("--database-log", "{file}", "--log-line-prefix", "%m "), "The prefix needs"),
        (("--database-log", "{file}", "--log-format", "csvlog"), "No line of it is of a csvlog log"),
        (("--database-log", "{file}", "--time-zone", "Mars"), "no time zone Mars"),
    ],
)
def test_a_log_that_cannot_be_compared_is_refused_with_what_to_do(
    town: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "file").write_text("nothing of the kind\n")
    refused = run(town, "reconcile", "school", *(word.format(file=tmp_path / "file") for word in words))
    assert (refused.exit_code, told in refused.stderr.replace("\n", " ")) == (Exit.USAGE, True), (
        refused.stderr
    )


def test_the_log_is_published_and_what_is_published_is_held_against_it(town: Path, tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    told = as_json(town, "publish", tiles)
    with_itself = opened((tiles / "checkpoint").read_text(encoding="utf-8"), as_verifier(told["verifier"]))
    assert (with_itself.size, readings(town)[-1]["asked"]) == (told["entries"], {"directory": str(tiles)})
    assert len(readings(town)) == 1
    assert "are published in" in run(town, "publish", tiles).stdout  # and again, with the reading before
    held = ("verify", "--tiles", tiles)
    assert run(town, *held).exit_code == Exit.WELL
    bundle = max((tiles / "tile" / "entries" / "000.p").iterdir(), key=lambda one: int(one.name))
    bundle.write_bytes(bundle.read_bytes()[:-1])
    refused = run(town, *held)
    assert (refused.exit_code, "is not this log's, or is missing" in refused.stdout) == (Exit.WRONG, True)
    assert verify_alone("tiles", tiles, "--key", told["verifier"]).returncode == 1


def test_into_another_logs_directory_nothing_is_published(town: Path, tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "checkpoint").write_text("another")
    refused = run(town, "publish", tmp_path / "tiles")
    assert (refused.exit_code, "Publish into another directory" in refused.stderr) == (Exit.WRONG, True)


def as_verifier(key: str) -> Verifier:
    name, _, public = key.split("+", 2)
    return Verifier(name, base64.b64decode(public)[1:])
