"""From a record to the involvement that may be shown of it. It depends on what is shown, on nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from policy.dates import cut
from policy.facts import ContactShown, Involvement, LeadPractitioner, Record, StatusShown
from policy.model import Code, ContactRules, SharingPolicy
from policy.phones import holds_mobile


def reduced(policy: SharingPolicy, levels: Mapping[str, int], record: Record) -> Involvement | None:
    """The involvement at these levels; None when ``involved`` shows nothing."""
    if not levels["involved"]:
        return None
    code = _code(policy, record.status) if levels["status"] == StatusShown.EXACT else None
    return Involvement(
        status=code.label if code else None,
        status_means=code.meaning if code else None,
        started=cut(record.started, levels["started"]),
        ended=cut(record.ended, levels["ended"]),
        last_contact=cut(record.last_contact, levels["last_contact"]),
        lead_practitioner=_contact(policy.fields.lead_practitioner, levels["lead_practitioner"], record),
    )


def _code(policy: SharingPolicy, status: str | None) -> Code | None:
    """The owner's words for a status; a code that the owner did not list is not shown."""
    return policy.fields.status.codes.get(status) if policy.fields.status and status else None


def _contact(rules: ContactRules | None, shown: int, record: Record) -> LeadPractitioner | None:
    """The contact at its level, or at the next one for which the record has something."""
    if rules is None or not shown:
        return None
    name, team = _work(rules, record.contact_name), _work(rules, _team(rules, record.contact_team))
    if shown == ContactShown.NAMED and name:
        return LeadPractitioner(
            shown="named",
            name=name,
            role=_work(rules, record.contact_role),
            team=team,
            phone=_work(rules, record.contact_phone),
            email=_work(rules, record.contact_email),
        )
    if shown >= ContactShown.TEAM and team:
        return LeadPractitioner(shown="team", team=team, phone=_desks_own(rules, record))
    return LeadPractitioner(shown="desk")


def _desks_own(rules: ContactRules, record: Record) -> str | None:
    """The number of a record that names nobody: it is that of a desk, such as a school's office."""
    return None if record.contact_name else _work(rules, record.contact_phone)


def _team(rules: ContactRules, team: str | None) -> str | None:
    return rules.teams.get(team or "") if rules.teams is not None else team


def _work(rules: ContactRules, phone: str | None) -> str | None:
    """A number, unless it may be somebody's own mobile; or a text, unless such a number stands in it."""
    if phone and not rules.work_mobiles and holds_mobile(phone):
        return None
    return phone
