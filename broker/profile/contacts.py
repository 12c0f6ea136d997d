"""Whom to ring: is there anyone, and is it a person, a team, a private phone?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from broker.matching.normalise import fold
from broker.profile.questions import MISSING, Columns, Finding, Question, Row, Table, Weight
from connectors.source_file import SourceFile
from policy.phones import holds_mobile

_NAMES = {
    "person": "Looks like a person",
    "desk": "Looks like a team, a desk or a place holder",
    "unclear": "Neither is clear",
    MISSING: "Missing",
}
_PHONES = {
    "landline": "10 or 11 digits",
    "mobile": "A mobile number (may be personal)",
    "other_length": "Fewer or more digits",
    "no_digits": "No digits",
    MISSING: "Missing",
}
_EMAILS = {
    "person": "A person's address (first.last@)",
    "generic": "A generic mailbox (team@)",
    "unclear": "Well-formed; whose is not clear",
    "ill_formed": "Not an email address",
    MISSING: "Missing",
}
_PRESENT = {"present": "Present", MISSING: "Missing"}
_ANY = {"some": "A name, team, phone or email", "none": "None of these"}

_DESK_WORDS = frozenset(
    """admin allocated allocation assessment business centre desk department duty enquiries family general group
    helpdesk house hub inbox intake line mash manager none office officer patch pool programme reception referral
    referrals safeguarding school service services support switchboard tbc team unallocated unassigned unit unknown
    vacancy vacant ward workflow""".split()  # noqa: SIM905 -- forty quotation marks would hide them
)
_GENERIC_MAILBOXES = _DESK_WORDS | frozenset(
    """asb care contact customer customers adults children childrens community email feedback head hello help
    housing info mail mailbox noreply post postmaster secretary sencos social tenancy web""".split()  # noqa: SIM905 -- as above
)
_EMAIL = re.compile(r"([^@\s<>\"',;]+)@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_TOKENS = re.compile(r"[._+-]+")
_LETTERS_AND_NUMBER = re.compile(r"([^\W\d_]+)\d*")
_WORDS_OF_A_PERSON = range(2, 5)
_DIGITS_OF_A_PHONE = (10, 11)


def contacts(source: SourceFile, columns: Columns) -> Iterator[Question]:
    """The questions about the contact columns that the source file maps."""
    mapped = source.contact
    reads = {
        place: columns.text(column)
        for place in ("name", "team", "phone", "email")
        if (column := getattr(mapped, place)) is not None
    }
    if len(reads) > 1:
        yield _any_contact(tuple(reads.values()))
    if "name" in reads:
        yield Question(
            "contact_name", "Contact: name", _NAMES, _answers(reads["name"], kind_of_contact), _name_findings
        )
    if "team" in reads:
        yield Question(
            "contact_team", "Contact: team", _PRESENT, _answers(reads["team"], lambda _: "present")
        )
    if "phone" in reads:
        yield Question(
            "contact_phone",
            "Contact: phone",
            _PHONES,
            _answers(reads["phone"], kind_of_phone),
            _phone_findings,
        )
    if "email" in reads:
        yield Question(
            "contact_email",
            "Contact: email",
            _EMAILS,
            _answers(reads["email"], kind_of_email),
            _email_findings,
        )


def _answers(read: Callable[[Row], str | None], kind: Callable[[str], str]) -> Callable[[Row], str]:
    def answer(row: Row) -> str:
        found = read(row)
        return MISSING if found is None else kind(found)

    return answer


def _any_contact(reads: tuple[Callable[[Row], str | None], ...]) -> Question:
    def answer(row: Row) -> str:
        return "some" if any(read(row) is not None for read in reads) else "none"

    return Question("contact", "Contact: is there any?", _ANY, answer, _any_findings)


def kind_of_contact(name: str) -> str:
    """``person``, ``desk`` or ``unclear``, by the words of the name."""
    words = fold(name).split()
    if _DESK_WORDS & set(words):
        return "desk"
    return "person" if len(words) in _WORDS_OF_A_PERSON and all(map(str.isalpha, words)) else "unclear"


def kind_of_phone(phone: str) -> str:
    """By its digits; +44 stands for the first 0."""
    digits = re.sub(r"\D", "", re.sub(r"^\s*(\+|00)44\s*(\(0\))?", "0", phone))
    if not digits:
        return "no_digits"
    if holds_mobile(phone):
        return "mobile"
    return "landline" if len(digits) in _DIGITS_OF_A_PHONE else "other_length"


def kind_of_email(email: str) -> str:
    """By the part before the @: two names are a person, a word of an office is a mailbox of many."""
    found = _EMAIL.fullmatch(email)
    if found is None:
        return "ill_formed"
    words = [one for one in _TOKENS.split(found[1].casefold()) if one]
    if _GENERIC_MAILBOXES & {re.sub(r"\d+$", "", one) for one in words}:
        return "generic"
    is_name = len(words) in _WORDS_OF_A_PERSON and all(_LETTERS_AND_NUMBER.fullmatch(one) for one in words)
    return "person" if is_name else "unclear"


def _any_findings(table: Table) -> Iterable[Finding]:
    if table.notable("none"):
        yield Finding(
            Weight.CONTACT,
            f"{table.words('none')} names nobody to ring.",
            "The requester is given the service's desk alone.",
            "Make sure that the desk can find out who works with the family.",
        )


def _name_findings(table: Table) -> Iterable[Finding]:
    if table.notable("desk", "unclear", least=0.05):
        yield Finding(
            Weight.CONTACT,
            f"{table.words('desk', 'unclear')} has a contact name that does not look like a person's.",
            "It would be shown as a practitioner's name.",
            "Map teams as team, not as name; leave the name empty where nobody is allocated.",
        )
    if table.notable(MISSING, least=0.05):
        yield Finding(
            Weight.CONTACT,
            f"{table.words(MISSING)} has no practitioner's name.",
            "The requester is given the team or the desk, and has to ask on.",
            "Have the lead practitioner entered, of open cases first.",
        )


def _phone_findings(table: Table) -> Iterable[Finding]:
    if table.notable("mobile"):
        yield Finding(
            Weight.CONTACT,
            f"{table.words('mobile')} has a mobile number as the contact's phone.",
            "It may be somebody's own: no mobile is shown unless the sharing policy says work_mobiles: true.",
            "Find out whose they are before you say so.",
        )
    if table.notable("other_length", "no_digits"):
        yield Finding(
            Weight.CONTACT,
            f"{table.words('other_length', 'no_digits')} has a phone that is no whole number.",
            "An extension alone can't be rung from another organisation.",
            "Enter the whole number, with its area code.",
        )


def _email_findings(table: Table) -> Iterable[Finding]:
    if table.notable("ill_formed"):
        yield Finding(
            Weight.CONTACT,
            f"{table.words('ill_formed')} has an email that is no address.",
            "It can't be written to.",
            "Check what the column holds.",
        )
    if table.notable(MISSING, least=0.1):
        yield Finding(
            Weight.CONTACT,
            f"{table.words(MISSING)} has no email.",
            "Practitioners who can't be reached by phone can't be written to.",
            "Take it from the staff directory, where there is one.",
        )
