"""The rules of ``house_rules`` hold in all code that is shipped; where one does not, it stands here, and why."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.security.house_rules import RULES

ROOT = Path(__file__).parents[3]
SHIPPED = ("broker", "connectors", "policy", "consent_rules", "handwritten", "deploy")

JUSTIFIED: dict[tuple[str, str], tuple[int, str]] = {
    ("broker/audit/stores/sqlite_keystore_file.py", "sql_put_together_where_it_runs"): (
        1,
        "the keystore's own names",
    ),
    ("broker/audit/stores/postgresql_schema.py", "sql_put_together_where_it_runs"): (
        3,
        "the log's own schema",
    ),
    ("broker/audit/writer.py", "fault_text_in_log"): (
        2,
        "a fault named by its kind and code alone",
    ),
    # Where, which rule, how often, and why that is well.
    ("connectors/inspection/sessions.py", "sql_put_together_where_it_runs"): (1, "a whole number of ours"),
    ("connectors/memory_rows.py", "sql_put_together_where_it_runs"): (
        2,
        "quoted names, in a database of its own",
    ),
    ("connectors/postgresql_catalogue.py", "sql_put_together_where_it_runs"): (
        1,
        "an owner's query, vetted before",
    ),
    ("connectors/postgresql_pool.py", "sql_put_together_where_it_runs"): (
        2,
        "a constant and a whole number; SET takes no parameters",
    ),
    ("connectors/survey/postgresql.py", "sql_put_together_where_it_runs"): (
        1,
        "a dialect's text; EXPLAIN of it",
    ),
    ("deploy/demo/databases.py", "sql_put_together_where_it_runs"): (1, "the demo's own tables"),
    ("broker/fanout/outside.py", "task_of_nobody"): (1, "a question that may be left behind; it is counted"),
    ("broker/production.py", "task_of_nobody"): (1, "as outside.py: drivers that do not let go"),
    ("connectors/deadline.py", "task_of_nobody"): (1, "the deadline itself, kept from outside"),
    ("connectors/inspection/odbc_session.py", "task_of_nobody"): (
        1,
        "the end of a session whose asker has gone",
    ),
    ("connectors/odbc_pool.py", "task_of_nobody"): (1, "as above, and the pool holds it"),
    ("connectors/odbc_session.py", "task_of_nobody"): (1, "connecting, which may be left behind"),
    ("connectors/survey/odbc.py", "task_of_nobody"): (1, "the end of a session whose asker has gone"),
    ("broker/opened.py", "fault_text_in_log"): (
        2,
        "SourceUnavailable and ExportUnreadable: sentences of ours",
    ),
    ("broker/audit/publishing.py", "fault_text_in_log"): (1, "a sentence of ours on the published directory"),
    ("broker/audit/watching/looking.py", "fault_text_in_log"): (1, "a sentence of ours on a file"),
    ("broker/learning/written.py", "fault_text_in_log"): (1, "an OSError of a path of the partnership"),
    ("connectors/postgresql_pool.py", "tls_unchecked"): (
        1,
        "what libpq's sslmode=require means; verify-full is advised",
    ),
}

BROKEN = {
    "sql_put_together_where_it_runs": [
        'connection.execute(f"SELECT {name}")',
        'connection.fetch("SELECT " + name)',
        'connection.execute("SELECT %s" % name)',
        'connection.fetchrow("SELECT {}".format(name))',
    ],
    "yaml_that_makes_objects": [
        "yaml.load(text, x)",
        "yaml.unsafe_load(text)",
        "yaml.compose(text, yaml.FullLoader)",
    ],
    "task_of_nobody": [
        "asyncio.create_task(work())",
        "asyncio.get_running_loop().create_task(work())",
        "asyncio.ensure_future(work())",
    ],
    "fault_text_in_log": [
        'log.warning("failed: %s", fault)',
        'log.error(f"failed: {error}")',
        'log.error("failed: %s", str(exc))',
        'log.exception("failed")',
        'logging.getLogger("x").warning("failed", exc_info=True)',
    ],
    "redirects_followed": [
        "session.get(address)",
        "self._session.request('GET', address, allow_redirects=True)",
    ],
    "tls_unchecked": ["context.verify_mode = ssl.CERT_NONE", "session.get(address, ssl=False)"],
    "input_that_runs": [
        "import pickle",
        "from marshal import loads",
        "eval(text)",
        "os.system(text)",
        "run(x, shell=True)",
    ],
}

KEPT = {
    "sql_put_together_where_it_runs": [
        'connection.execute("SELECT $1", name)',
        "connection.execute(text, name)",
    ],
    "yaml_that_makes_objects": ["yaml.compose(text, Loader=yaml.BaseLoader)", "json.load(file)"],
    "task_of_nobody": ["group.create_task(work())", "self._group.create_task(work())"],
    "fault_text_in_log": [
        'log.warning("failed: %s", type(fault).__name__)',
        'log.info("%s", fault.strerror)',
    ],
    "redirects_followed": ["session.get(address, allow_redirects=False)", "names.get(address)"],
    "tls_unchecked": ["session.get(address, ssl=context)"],
    "input_that_runs": ["model.eval_count(1)", "import json"],
}


@functools.cache
def found() -> Counter[tuple[str, str]]:
    """How often each shipped file breaks each rule."""
    breaks: Counter[tuple[str, str]] = Counter()
    for room in SHIPPED:
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for name, rule in RULES.items():
                if many := len(set(rule(tree))):
                    breaks[path.relative_to(ROOT).as_posix(), name] = many
    return breaks


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_broken_nowhere_but_where_it_is_justified(name: str) -> None:
    broken = {where: many for where, many in found().items() if where[1] == name}
    assert broken == {where: many for where, (many, _) in JUSTIFIED.items() if where[1] == name}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in BROKEN.items() for line in lines])
def test_a_rule_sees_what_breaks_it(name: str, line: str) -> None:
    assert list(RULES[name](ast.parse(line)))


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in KEPT.items() for line in lines])
def test_a_rule_lets_pass_what_keeps_it(name: str, line: str) -> None:
    assert not list(RULES[name](ast.parse(line)))


def test_every_rule_has_samples_of_both() -> None:
    assert set(BROKEN) == set(KEPT) == set(RULES)
