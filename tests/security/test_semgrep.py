"""Semgrep with this house's rules: nothing is found in what is shipped, and each rule finds what it is for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SEMGREP = ROOT / ".venv-semgrep" / "bin" / "semgrep"
RULES = ROOT / "deploy" / "security" / "semgrep.yaml"
SHIPPED = ("broker", "connectors", "policy", "consent_rules", "handwritten", "deploy")

SLIPS: Mapping[str, str] = {
    "what-a-requester-sent-in-a-log": """\
async def ask(request):
    body = await read_body(request, QueryBody)
    log.info("asked about %s", body.people)
""",
    "what-a-requester-sent-in-a-header": """\
def answer(request):
    response.headers["X-Said"] = request.headers["X-Say"]
""",
    "sql-put-together-with-a-value": """\
async def look_up(connection, person):
    await connection.fetch(f"SELECT * FROM people WHERE name = '{person.given_name}'")
""",
    "code-out-of-text": "policy = yaml.load(text)\n",
    "a-shell": "subprocess.run(command, shell=True)\n",
    "certificates-unchecked": "context.check_hostname = False\n",
    "a-redirect-followed": """\
async def keys(session):
    async with session.get(address) as reply:
        return await reply.json()
""",
    "markup-unescaped": "name = Markup(person)\n",
    "a-secret-compared-letter-by-letter": "allowed = sent_secret == secret\n",
    "weak-chance": "key = random.randbytes(32)\n",
}
IMPORTS = "import random\nimport subprocess\n\nimport yaml\nfrom markupsafe import Markup\n\n"


def found(targets: Sequence[str | Path], where: Path) -> list[tuple[str, str]]:
    """Rules and files of the findings. The test fails where semgrep is not there, or could not read the rules."""
    if not SEMGREP.exists():
        pytest.fail("semgrep is not installed: run `make drivers`.")
    words: list[str | Path] = [
        SEMGREP,
        "scan",
        "--config",
        RULES,
        "--json",
        "--metrics=off",
        "--disable-version-check",
    ]
    told = subprocess.run(  # noqa: S603 -- a program of our own environment
        [*words, "--no-git-ignore", *targets], cwd=where, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-3000:]
    said = json.loads(told.stdout)
    assert said["errors"] == []
    return [(one["check_id"].rpartition(".")[2], one["path"]) for one in said["results"]]


def test_nothing_is_found_in_what_is_shipped() -> None:
    assert found(SHIPPED, ROOT) == []


def test_each_rule_finds_what_it_is_for(tmp_path: Path) -> None:
    for rule, slip in SLIPS.items():
        (tmp_path / f"{rule}.py").write_text(IMPORTS + slip)
    seen = found(["."], tmp_path)
    assert {(rule, f"{rule}.py") for rule in SLIPS} <= {(rule, Path(path).name) for rule, path in seen}
    assert set(SLIPS) == {one["id"] for one in yaml.safe_load(RULES.read_text())["rules"]}


def test_every_finding_that_is_ignored_says_which_and_why() -> None:
    lines = [
        line
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosemgrep" in line
    ]
    assert lines
    for line in lines:
        assert re.search(r"# nosemgrep: [a-z-]+ -- \w", line), line
