"""What the tests in a policy file are worth: which rules they reach, and which mistakes they would notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from policy.compile import CompiledPolicy, compile_policy
from policy.diff import diff
from policy.load import LoadedPolicy
from policy.mutants import Mutant, mutants
from policy.testing import ask_of, record_of, run_tests

Progress = Callable[[int, int], None]
"""Told how many mistakes have been tried, and of how many."""


@dataclass(frozen=True, slots=True)
class Tested:
    """``noticed`` of ``mistakes`` fail a test; ``unnoticed`` are the others. What shows the same is no mistake.

    ``untouched`` are the lines of rules that decide in no test.
    """

    mistakes: int
    unnoticed: tuple[Mutant, ...]
    rules: int
    untouched: tuple[int, ...]

    @property
    def noticed(self) -> int:
        return self.mistakes - len(self.unnoticed)

    @property
    def score(self) -> float:
        """Of 100 mistakes, so many are noticed; 100, where none can be made."""
        return 100 * self.noticed / self.mistakes if self.mistakes else 100.0


def quietly(_done: int, _of: int) -> None:
    """Progress that nobody wants to see."""


def what_tests_notice(loaded: LoadedPolicy, purposes: Sequence[str], progress: Progress) -> Tested:
    """Try every mistake of ``policy.mutants`` against the tests in the file, all of which pass.

    ``purposes``: all that there are.
    """
    right, every = compile_policy(loaded), list(mutants(loaded, purposes))
    noticed, unnoticed = 0, []
    for count, one in enumerate(every, start=1):
        wrong = replace(loaded, policy=one.policy)
        if not all(test.passed for test in run_tests(wrong)):
            noticed += 1
        elif not _alike(right, compile_policy(wrong)):
            unnoticed.append(one)
        progress(count, len(every))
    lines, touched = _lines(right), _touched(loaded, right)
    untouched = tuple(line for line in lines if line not in touched)
    return Tested(noticed + len(unnoticed), tuple(unnoticed), len(lines), untouched)


def _alike(right: CompiledPolicy, wrong: CompiledPolicy) -> bool:
    found = diff(right, wrong)
    return not found.wider and not found.narrower


def _lines(policy: CompiledPolicy) -> list[int]:
    """Where every rule of a field stands."""
    rules = (rule for one in policy.book.written.values() for rule in (*one.share, *one.at_most))
    return sorted(rule.line for rule in rules)


def _touched(loaded: LoadedPolicy, policy: CompiledPolicy) -> set[int]:
    traces = (policy.trace(ask_of(test), record_of(test)) for test in loaded.policy.tests)
    return {line for trace in traces for one in trace for line in (*one.given, *one.limited)}
