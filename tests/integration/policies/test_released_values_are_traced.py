"""Every value that left can be traced to the version of the policy, and to the lines in it that let it leave."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from click.testing import CliRunner

from broker.activation import kept_versions
from broker.cli import main
from policy.load import load_policy
from tests.fakes.littleworth import EMMA, littleworth, part, row


async def test_a_released_value_is_traced_to_the_lines_that_decided_it(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        answer = await town.ask({**EMMA, "relation": "other_adult"})
        (shown,) = part(answer, "school")["involvements"]
        with town.reader() as reader:
            entries = reader.trace(answer["query_id"]).entries
        words = ["audit", "trace", answer["query_id"], "--partnership", str(tmp_path)]
        told = await asyncio.to_thread(CliRunner().invoke, main, words, env={"COLUMNS": "250"})
        (kept,) = kept_versions(town.front.reloading.of, "school")
    (disclosed,) = [
        one.facts for one in entries if one.kind == "disclosure" and one.facts["source"] == "school"
    ]
    (lines,) = disclosed["disclosed"]["outcomes"][0]["lines"]
    assert load_policy(kept).digest == disclosed["policy_digest"]
    text = kept.read_text(encoding="utf-8").splitlines()
    assert set(lines) == {name for name, value in shown["involvement"].items() if value} - {"status_means"}
    assert [text[number - 1].strip() for number in lines["last_contact"]] == [
        "- {purpose: section_47_enquiry, show: full_date}",
        "- {when: {relation: other_adult}, show: year, why: Proportionate for others.}",
    ]
    decided = " and ".join(map(str, lines["last_contact"]))
    assert f"last_contact year (line {decided})" in re.sub(r"[\s│┃]+", " ", told.output)


async def test_that_the_log_keeps_no_value_takes_none_from_the_answer(tmp_path: Path) -> None:
    """In another engine what was masked for the log was masked in the response too (opa#2752)."""
    held = row()
    assert held.contact.name
    assert held.last_contact
    async with littleworth(tmp_path, {"school": [held]}) as town:
        (shown,) = part(await town.ask(), "school")["involvements"]
        kept = town.log_bytes()
    lead = shown["involvement"]["lead_practitioner"]
    assert (lead["name"], lead["phone"]) == (held.contact.name, held.contact.phone)
    assert shown["involvement"]["last_contact"] == held.last_contact.isoformat()
    assert held.contact.name.encode() not in kept
