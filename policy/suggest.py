"""Tests that a policy lacks, written: each would notice a mistake that none of the others does.

What they expect is what the policy does today. Whether that is right, its owner has to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from policy.compile import CompiledPolicy, compile_policy
from policy.diff import FieldChange, RecordsChange, diff
from policy.examples import SOMEBODY_ELSE, Example, example_of
from policy.facts import LEVELS, Ask, Record
from policy.levels import level_name
from policy.load import LoadedPolicy
from policy.mutants import Mutant


def suggested(loaded: LoadedPolicy, unnoticed: Sequence[Mutant], roles: Sequence[str]) -> Iterator[str]:
    """YAML of a test for each mistake that the ones before don't notice already. ``roles``: all that there are."""
    right = compile_policy(loaded)
    written: list[tuple[Ask, Record]] = []
    for one in unnoticed:
        wrong = compile_policy(replace(loaded, policy=one.policy))
        if any(_shown(right, ask, record) != _shown(wrong, ask, record) for ask, record in written):
            continue
        if (example := _telling(right, wrong, loaded, roles)) is not None:
            written.append((example.ask, example.record))
            yield _as_yaml(f"Line {one.line}: would notice that {one.mistake}", right, example)


def _telling(
    right: CompiledPolicy, wrong: CompiledPolicy, loaded: LoadedPolicy, roles: Sequence[str]
) -> Example | None:
    """An example in which the mistake shows, of a role that there is; None where there is none of a record."""
    found = diff(right, wrong)
    for change in (*found.wider, *found.narrower):
        if isinstance(change, FieldChange | RecordsChange) and (example := example_of(change, right, wrong)):
            for ask in _by_real_roles(example.ask, loaded, roles):
                if _shown(right, ask, example.record) != _shown(wrong, ask, example.record):
                    return Example(ask, example.record)
    return None


def _by_real_roles(ask: Ask, loaded: LoadedPolicy, roles: Sequence[str]) -> Iterator[Ask]:
    if ask.role != SOMEBODY_ELSE:
        yield ask
        return
    named = {role for _, role in loaded.policy.named_roles()}
    for role in sorted(roles, key=lambda one: one in named):
        yield replace(ask, role=role)


def _shown(policy: CompiledPolicy, ask: Ask, record: Record) -> tuple[bool, tuple[int, ...]]:
    """What an in-file test of these facts tells: its typed age is its record's."""
    typed = replace(ask, typed_age=record.age)
    return policy.closes(typed), tuple(policy.levels(typed, record)[name] for name in LEVELS)


def _as_yaml(name: str, policy: CompiledPolicy, example: Example) -> str:
    ask, record = example.ask, example.record
    asked: dict[str, Any] = {
        "purpose": ask.purpose,
        "role": ask.role,
        "relation": ask.relation,
        "age": record.age,
        "case": ask.case,
        "family_agreement": ask.family_agreement,
        "time": f"{ask.time:%H:%M}" if ask.time else None,
        "today": ask.today,
    }
    held: dict[str, Any] = {
        **record.gates,
        **{one: getattr(record, one) for one in ("started", "ended", "last_contact")},
        "restriction": record.restriction if record.restriction != "none" else None,
    }
    closed, levels = _shown(policy, ask, record)
    shown = {field: level_name(field, at) for field, at in zip(LEVELS, levels, strict=True) if at}
    expected = "withheld" if closed else _flow(shown) if shown else "nothing"
    lines = (
        f"  - name: {_quoted(name)}",
        f"    ask: {_flow(asked)}",
        f"    record: {_flow(held)}",
        f"    expect: {expected}",
    )
    return "\n".join(lines) + "\n"


def _flow(facts: dict[str, Any]) -> str:
    known = {name: value for name, value in facts.items() if value is not None}
    return "{" + ", ".join(f"{name}: {_scalar(value)}" for name, value in known.items()) + "}"


def _scalar(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else _quoted(str(value))


def _quoted(text: str) -> str:
    """A text as YAML takes it, plain where that is safe."""
    plain = text.replace("_", "").replace(" ", "").replace("-", "")
    return text if plain.isalnum() else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def with_tests(raw: bytes, loaded: LoadedPolicy, tests: Sequence[str]) -> bytes:
    """The file's bytes with tests after what stands there; ``tests:`` before them where there are none yet.

    Every byte before stays. What stands behind a file's tests would take them for its own: whoever writes this has
    to load it, and see the tests pass.
    """
    end = b"" if raw.endswith(b"\n") else b"\n"
    heading = b"" if loaded.policy.tests else b"\ntests:\n"
    return raw + end + heading + "".join(tests).encode()
