"""From a record to the involvement that may be shown of it. It depends on what is shown, on nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy.dates import cut
from policy.facts import ContactShown, Involvement, LeadPractitioner, Record
from policy.model import Code, ContactRules, SharingPolicy
from policy.phones import holds_mobile

_NAMED, _TEAM = int(ContactShown.NAMED), int(ContactShown.TEAM)
_DESK = LeadPractitioner(shown="desk")


def reduced(policy: SharingPolicy, levels: Mapping[str, int], record: Record) -> Involvement | None:
    """The involvement at these levels; None when ``involved`` shows nothing."""
    if not levels["involved"]:
        return None
    code = _code(policy, record.status) if levels["status"] else None
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
    if shown == _NAMED and name:
        named = LeadPractitioner(
            shown="named",
            name=name,
            role=_work(rules, record.contact_role),
            team=team,
            phone=_work(rules, record.contact_phone),
            email=_work(rules, record.contact_email),
        )
        return _marked(named, record)
    if shown >= _TEAM and team:
        of_team = LeadPractitioner(shown="team", team=team, phone=_desks_own(rules, record))
        # That somebody has left is told to those alone who would have been told who.
        return _marked(of_team, record) if shown == _NAMED else of_team
    return _DESK


def _marked(lead: LeadPractitioner, record: Record) -> LeadPractitioner:
    """With what of it came from the staff directory, and whether somebody has left."""
    if not record.contact_from_directory and not record.contact_has_left:
        return lead
    given = tuple(name for name in record.contact_from_directory if getattr(lead, name) is not None)
    return replace(lead, from_directory=given, has_left=record.contact_has_left)


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
