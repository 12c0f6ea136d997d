"""``broker policy diff``: what changes between two versions of a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.cli.policy_files import loaded
from broker.cli.printing import Exit, as_json, of_partnership, out, print_json
from policy.compile import CompiledPolicy, compile_policy
from policy.diff import Change, Diff, TermsChange, diff
from policy.diff_words import change_said
from policy.examples import Example, example_of
from policy.region_words import example_said


@click.command("diff", short_help="Tell exactly what a new version of a policy opens and closes.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@of_partnership
@click.option("--examples/--no-examples", default=True, help="With an example person for each change.")
@click.option("--fail-if-wider", is_flag=True, help="End with 1 when anything is shown that was not.")
@as_json
def diff_command(
    old: Path, new: Path, directory: Path, examples: bool, fail_if_wider: bool, wants_json: bool
) -> None:
    """Tell what changes from the policy OLD to the policy NEW: files, or names of policies of the partnership.

    \b
    Every question and record there can be is compared, not a sample of them:
      + something is shown, or shown in more detail, that was not
      - something is no longer shown, or in less detail
      ~ something reads otherwise, and shows the same
    Two files that decide alike have no + and no -, however differently they are written. Examples are invented.
    """
    before, after = (compile_policy(loaded(one, directory)) for one in (old, new))
    found = diff(before, after)
    if wants_json:
        print_json(_as_json(found, before, after))
    else:
        _told(found, before, after, examples)
    raise SystemExit(Exit.WRONG if fail_if_wider and found.wider else Exit.WELL)


def _told(found: Diff, before: CompiledPolicy, after: CompiledPolicy, examples: bool) -> None:
    for sign, style, changes in (("+", "yellow", found.wider), ("-", "green", found.narrower)):
        for change in changes:
            out.print(Text(f"{sign} {change_said(change)}", style=style))
            if examples and (example := _example(change, before, after)):
                out.print(Text(f"    for example: {example_said(example.ask, example.record)}", style="dim"))
    for one in found.reworded:
        out.print(Text(f"~ {one.place}: {one.before or 'nothing'} becomes {one.after or 'nothing'}"))
    if not found.wider and not found.narrower:
        out.print("Both show the same to everyone, of every record.")
    else:
        out.print(f"{len(found.wider)} wider, {len(found.narrower)} narrower, {len(found.reworded)} reworded")


def _example(change: Change, before: CompiledPolicy, after: CompiledPolicy) -> Example | None:
    return None if isinstance(change, TermsChange) else example_of(change, before, after)


def _as_json(found: Diff, before: CompiledPolicy, after: CompiledPolicy) -> dict[str, Any]:
    return {
        name: [_change(one, before, after) for one in changes]
        for name, changes in (("wider", found.wider), ("narrower", found.narrower))
    } | {
        "reworded": [{"place": one.place, "before": one.before, "after": one.after} for one in found.reworded]
    }


def _change(change: Change, before: CompiledPolicy, after: CompiledPolicy) -> dict[str, Any]:
    example = _example(change, before, after)
    return {
        "sentence": change_said(change),
        "example": example_said(example.ask, example.record) if example else None,
    }
