"""The rules that count go once through what happened, and find to the letter what their plain definition finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.audit.watching.evaluate import evaluate
from broker.audit.watching.facts import Facts, Seen
from broker.audit.watching.finding import Known, known_of
from broker.audit.watching.model import Spread, WatchingRules
from broker.audit.watching.peers import usual_among_peers
from broker.audit.watching.windows import families, places
from tests.unit.audit.watching_plainly import by_requester, plainly_found, usual_among
from tests.unit.audit.watching_samples import MONDAY, REVIEW_WITHIN, looked, refused, rules, seen

NAMES, ROLES = ("Ann", "Ben", "Cat", "Dov", "Eve", "Fay"), ("social_worker", "duty_worker")
SPREADS = st.fixed_dictionaries(
    {
        "watches": st.just("spread"),
        "of": st.sampled_from(["families", "places"]),
        "at_least": st.integers(1, 5),
        "times_peers": st.sampled_from([1, 1.5, 2, 3]),
    }
)
RETRIES = st.fixed_dictionaries(
    {"watches": st.just("retries"), "times": st.integers(1, 5), "ways": st.integers(1, 4)}
)
COUNTING = st.one_of(
    st.fixed_dictionaries({"watches": st.just("rate"), "people": st.integers(1, 5)}),
    SPREADS,
    RETRIES,
    st.fixed_dictionaries({"watches": st.just("refusals"), "refusals": st.integers(1, 8)}),
)
PEOPLE = st.builds(
    lambda who, tags, typed, family, place: replace(
        seen(f"p{who}", tags=tags, typed=typed), family=family, place=place
    ),
    st.integers(0, 9),
    st.sets(st.sampled_from("abcdef"), max_size=3),
    st.integers(0, 4),
    st.sampled_from([None, *(f"f{number}".encode() for number in range(9))]),
    st.sampled_from([None, *(f"w{number}".encode() for number in range(9))]),
)
MINUTES = st.one_of(st.integers(0, 12), st.integers(0, 400))
"""Often of one moment, and often too far apart."""


@st.composite
def watching(draw: st.DrawFn) -> WatchingRules:
    """One rule that counts, now and then without a role whose work it is."""
    more = {"within": f"{draw(st.integers(1, 90))} minutes"}
    left_out = draw(st.sampled_from([[], [], ["duty_worker"]]))
    return rules(**draw(COUNTING), **more, except_roles=left_out)


@st.composite
def happened(draw: st.DrawFn) -> Facts:
    """What several people did, in the order in which the log has it: not always that of time."""
    look_ups, refusals = [], []
    for index in range(draw(st.integers(0, 40))):
        minute, name, role = draw(MINUTES), draw(st.sampled_from(NAMES)), draw(st.sampled_from(ROLES))
        if draw(st.integers(0, 3)):
            people: list[Seen] = draw(st.lists(PEOPLE, max_size=3))
            look_ups.append(replace(looked(index, minute, name, role=role), people=tuple(people)))
        else:
            who, code = draw(st.sampled_from([name, None])), draw(st.sampled_from(["not_permitted", "x"]))
            refusals.append(refused(index, minute, who, code, draw(st.integers(1, 6))))
    return Facts(tuple(look_ups), tuple(refusals))


def same(watching: WatchingRules, facts: Facts, known: Known) -> bool:
    return evaluate(watching, facts, MONDAY, REVIEW_WITHIN, known) == plainly_found(watching, facts, known)


@settings(max_examples=100, deadline=None)
@given(watching=watching(), facts=happened(), cut=st.integers(0, 400), found=st.booleans())
def test_rules_that_count_find_what_their_plain_definition_finds(
    watching: WatchingRules, facts: Facts, cut: int, found: bool
) -> None:
    assert same(watching, facts, Known())
    early = Facts(
        tuple(one for one in facts.look_ups if one.at <= MONDAY + timedelta(minutes=cut)),
        tuple(one for one in facts.refusals if one.at <= MONDAY + timedelta(minutes=cut)),
    )
    before = plainly_found(watching, early if found else facts, Known())
    assert same(watching, facts, known_of(before))
    assert same(watching, facts, known_of(before[:1]))


@settings(max_examples=60, deadline=None)
@given(facts=happened(), of=st.sampled_from(["families", "places"]), minutes=st.integers(5, 90))
def test_what_is_usual_among_peers_is_the_median_of_windows_that_are_made_anew(
    facts: Facts, of: str, minutes: int
) -> None:
    of_rule = rules(watches="spread", of=of, at_least=1, times_peers=1, within=f"{minutes} minutes")
    rule = of_rule.rules["it"]
    assert isinstance(rule, Spread)
    in_order = sorted(facts.look_ups, key=lambda one: (one.at, one.index))
    noted = families if of == "families" else places
    usual = usual_among_peers(in_order, rule.within, noted, 1)
    everybody = by_requester(in_order)
    assert usual == {one.index: usual_among(everybody, one, rule) for one in in_order if one.index in usual}
    assert usual.keys() >= {one.index for one in in_order if noted(one)}
