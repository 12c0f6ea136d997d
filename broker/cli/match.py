"""``broker match``: how records are matched, for the analyst of a source."""

from __future__ import annotations

import click

from broker.cli.match_evaluate import evaluate
from broker.cli.match_explain import explain
from broker.cli.match_learn import learn, rollback, weights
from broker.cli.match_told import misses, triage


@click.group(short_help="Explain, measure and improve how records are matched.")
def match() -> None:
    """How a source's records are matched with people: explained, measured on labels, and learnt from them.

    \b
    Labels come from practitioners (right person, wrong person), as levels of agreement alone:
    state/labels/SOURCE.jsonl. What is learnt is a version, which can be taken back.
    """


for command in (evaluate, explain, learn, misses, rollback, triage, weights):
    match.add_command(command)
