"""The tables that data protection paperwork needs, from the very files that decide: they can't say anything else.

For the impact assessment (DPIA), the data-sharing agreement, the record of processing (UK GDPR Art. 30), the
privacy notice, and a map of who is controller of what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from consent_rules.model import Purpose, PurposeRules
from policy.compile import CompiledPolicy
from policy.model import SharingPolicy
from policy.region_words import and_of, records_said
from policy.table import Purpose as MayAsk
from policy.table import Row, table

_CALLED = {
    "involved": "whether there is an involvement",
    "status": "its status",
    "started": "when it began",
    "ended": "when it ended",
    "last_contact": "when the person was last seen",
    "lead_practitioner": "whom to ring",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with what it is for. ``rows`` are texts."""

    name: str
    title: str
    purpose: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def sheets(
    policies: Sequence[CompiledPolicy], rules: PurposeRules, may_ask: Mapping[str, MayAsk]
) -> tuple[Sheet, ...]:
    """Every table, in the order of the policies and purposes."""
    shown = {one.policy.policy: table(one, may_ask) for one in policies}
    return (
        _controllers([one.policy for one in policies]),
        _sharing_agreement(policies, shown),
        _impact(policies),
        _processing(rules),
        _notice([one.policy for one in policies], shown, rules),
    )


def _controllers(policies: Sequence[SharingPolicy]) -> Sheet:
    rows = [
        [
            one.owner.organisation,
            one.controller,
            one.discloses_under.lawful_basis.replace("_", " "),
            one.discloses_under.gateway,
            _special(one),
            one.owner.contact,
        ]
        for one in policies
    ]
    return Sheet(
        "controllers",
        "Who is controller of what",
        "Each service is the controller of what it discloses, on its own ground. Whoever asks is the controller of"
        " what is asked, and of what is then done with it.",
        ["Service", "Controller", "Art. 6 basis", "Legal gateway", "Art. 9 and Art. 10", "Contact"],
        rows,
    )


def _special(policy: SharingPolicy) -> str:
    grounds = policy.discloses_under
    special = grounds.special_category
    said = (
        [f"Art. {special.article}{f', {special.condition}' if special.condition else ''}"] if special else []
    )
    return (
        "; ".join([*said, *([f"offence data: {grounds.offence_data}"] if grounds.offence_data else [])])
        or "none"
    )


def _sharing_agreement(policies: Sequence[CompiledPolicy], shown: Mapping[str, Sequence[Row]]) -> Sheet:
    rows = [
        [
            one.policy.owner.organisation,
            one.policy.sharing_agreement.dsa,
            f"{one.policy.effective.from_} to {one.policy.effective.until}",
            row.purpose.replace("_", " "),
            and_of(role.replace("_", " ") for role in row.roles),
            "; ".join(_fields(row)) or "nothing",
        ]
        for one in policies
        for row in shown[one.policy.policy]
    ]
    return Sheet(
        "sharing-agreement",
        "What is shared, with whom and for what",
        "The schedule of the data-sharing agreement: all that can leave each service, for each purpose and role.",
        ["Service", "Agreement", "In force", "Purpose", "Who may ask", "What is shown, at most"],
        rows,
    )


def _fields(row: Row) -> Iterator[str]:
    for name, shows in row.fields.items():
        if shows:
            most = shows[0]
            level = "" if name == "involved" else f" ({most.level.replace('_', ' ')})"
            yield f"{_CALLED[name]}{level}{', less for some' if len(shows) > 1 or most.when else ''}"


def _impact(policies: Sequence[CompiledPolicy]) -> Sheet:
    rows = []
    for one in policies:
        of = one.policy
        for name, rules in of.rules():
            limits = [f"{limit.show.replace('_', ' ')} at most: {limit.why}" for limit in rules.at_most]
            rows.append(
                [of.owner.organisation, _CALLED[name], rules.justification, " ".join(limits) or "none"]
            )
        rows.append(
            [of.owner.organisation, "which records at all", " ".join(records_said(of)), of.nothing_means]
        )
    return Sheet(
        "impact-assessment",
        "Why each field is needed, and what limits it",
        "For the impact assessment (DPIA): necessity and proportionality of each field, in the owner's own words.",
        ["Service", "What", "Why, or which", "Limits, or what silence means"],
        rows,
    )


def _processing(rules: PurposeRules) -> Sheet:
    rows = [
        [
            one.title,
            one.duty,
            and_of(basis.replace("_", " ") for basis in one.lawful_basis),
            _conditions(one),
            and_of(one.who_may_ask).replace("_", " "),
            and_of(one.about).replace("_", " ") if one.about else "nobody",
            f"{one.checked_by.officer}, {one.checked_by.on}" if one.checked_by else "not yet",
        ]
        for one in rules.purposes.values()
    ]
    return Sheet(
        "record-of-processing",
        "Record of processing: why it is asked",
        "For the requester's record of processing (UK GDPR Art. 30). Nothing is copied: an answer is shown and not"
        " kept; what was asked is kept encrypted in the audit log.",
        ["Purpose", "Duty", "Art. 6", "Art. 9 and Art. 10", "Who asks", "About whom", "Checked by"],
        rows,
    )


def _conditions(purpose: Purpose) -> str:
    said: Iterable[str] = (
        f"Art. {one.article}{f', {one.condition}' if one.condition else ''}"
        for one in purpose.special_category
    )
    return "; ".join([*said, *purpose.offence_data]) or "none"


def _notice(
    policies: Sequence[SharingPolicy], shown: Mapping[str, Sequence[Row]], rules: PurposeRules
) -> Sheet:
    rows = []
    for one in policies:
        purposes = dict.fromkeys(row.purpose for row in shown[one.policy] if row.fields["involved"])
        titles = [rules.purposes[name].title for name in purposes]
        what = dict.fromkeys(_CALLED[name] for name in one.shared_fields())
        rows.append(
            [
                one.owner.organisation,
                and_of(what) if what else "nothing",
                "; ".join(titles) or "nothing",
                one.owner.contact,
            ]
        )
    return Sheet(
        "privacy-notice",
        "For your privacy notice",
        "Which services tell others, and what for. Nothing else of a record leaves a service.",
        ["Service", "What may be told", "What for", "Whom to ask"],
        rows,
    )
