"""Rules of this house that no linter knows: each finds, in one file's syntax tree, the lines that break it.

What goes from one place to another, such as from a request into a log, is for semgrep (``deploy/security``).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

Rule = Callable[[ast.AST], Iterator[int]]

_RUNS_SQL = frozenset(
    {"execute", "executemany", "executescript", "fetch", "fetchrow", "fetchval", "prepare", "cursor"}
)
_LOADS_YAML = frozenset({"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all"})
_LOGS = frozenset({"debug", "info", "warning", "error", "critical", "log"})
_FAULTS = frozenset({"fault", "error", "exc", "exception", "raised", "e"})
_ASKS_HTTP = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request"})
_RUNS_ANYTHING = frozenset({"pickle", "marshal", "shelve", "dill", "jsonpickle"})


def sql_put_together_where_it_runs(tree: ast.AST) -> Iterator[int]:
    """No SQL is put together in the call that runs it: dialects and catalogues make it, from vetted names."""
    for call, name in _calls(tree):
        if (
            name in _RUNS_SQL
            and isinstance(call.func, ast.Attribute)
            and call.args
            and _put_together(call.args[0])
        ):
            yield call.lineno


def yaml_that_makes_objects(tree: ast.AST) -> Iterator[int]:
    """YAML is read by ``handwritten`` alone, as text: no loader that makes objects of it."""
    for call, name in _calls(tree):
        if name in _LOADS_YAML and _receiver(call) == "yaml":
            yield call.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.endswith("Loader") and "Base" not in node.attr:
            yield node.lineno


def task_of_nobody(tree: ast.AST) -> Iterator[int]:
    """A task belongs to a TaskGroup, which waits for it and hears its fault."""
    for call, name in _calls(tree):
        if name == "ensure_future" or (name == "create_task" and not _receiver(call).endswith("group")):
            yield call.lineno


def fault_text_in_log(tree: ast.AST) -> Iterator[int]:
    """An exception's text may quote a name or a parameter: its type is logged, never its text or traceback."""
    for call, name in _calls(tree):
        if not _receiver(call).lower().endswith(("log", "logger", "logging")):
            continue
        has_traceback = name == "exception" or any(one.arg == "exc_info" for one in call.keywords)
        if has_traceback or (name in _LOGS and any(_says_a_fault(one) for one in call.args)):
            yield call.lineno


def redirects_followed(tree: ast.AST) -> Iterator[int]:
    """No HTTP request of ours follows a redirect: its address was vetted, the next one was not."""
    for call, name in _calls(tree):
        if name in _ASKS_HTTP and _receiver(call).endswith("session"):
            said = {one.arg: one.value for one in call.keywords}.get("allow_redirects")
            if not (isinstance(said, ast.Constant) and said.value is False):
                yield call.lineno


def tls_unchecked(tree: ast.AST) -> Iterator[int]:
    """A certificate is checked."""
    for node in ast.walk(tree):
        unchecked = isinstance(node, ast.Attribute) and node.attr in {
            "CERT_NONE",
            "_create_unverified_context",
        }
        if isinstance(node, ast.keyword) and node.arg in {"ssl", "verify_ssl", "verify"}:
            unchecked = isinstance(node.value, ast.Constant) and node.value.value is False
        if unchecked:
            yield node.lineno  # type: ignore[attr-defined]  # both kinds of node have one


def input_that_runs(tree: ast.AST) -> Iterator[int]:
    """Nothing that was read is run: no pickles, no ``eval``, no shell."""
    for node in ast.walk(tree):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if _RUNS_ANYTHING.intersection(names):
            yield node.lineno  # type: ignore[attr-defined]  # an import has one
    for call, name in _calls(tree):
        is_shell = any(one.arg == "shell" for one in call.keywords) or (_receiver(call), name) == (
            "os",
            "system",
        )
        if is_shell or (isinstance(call.func, ast.Name) and name in {"eval", "exec"}):
            yield call.lineno


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        sql_put_together_where_it_runs,
        yaml_that_makes_objects,
        task_of_nobody,
        fault_text_in_log,
        redirects_followed,
        tls_unchecked,
        input_that_runs,
    )
}


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id


def _receiver(call: ast.Call) -> str:
    """The last name before the method: ``group`` of ``self._group.create_task()``."""
    before = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(before, ast.Call):
        before = before.func
    name = (
        before.attr
        if isinstance(before, ast.Attribute)
        else before.id
        if isinstance(before, ast.Name)
        else ""
    )
    return name.lstrip("_")


def _put_together(text: ast.expr) -> bool:
    if isinstance(text, ast.JoinedStr):
        return any(isinstance(one, ast.FormattedValue) for one in text.values)
    if isinstance(text, ast.Call):
        return isinstance(text.func, ast.Attribute) and text.func.attr == "format"
    return isinstance(text, ast.BinOp) and isinstance(text.op, ast.Add | ast.Mod)


def _says_a_fault(argument: ast.expr) -> bool:
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name) and argument.func.id == "type":
        return False
    if isinstance(argument, ast.Attribute) and argument.attr in {
        "__name__",
        "strerror",
        "sentence",
        "reason",
    }:
        return False
    if isinstance(argument, ast.Name):
        return argument.id in _FAULTS
    return any(_says_a_fault(one) for one in ast.iter_child_nodes(argument) if isinstance(one, ast.expr))
