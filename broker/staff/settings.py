"""The ``staff_directory`` of ``broker.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SecretReference = Annotated[str, Field(pattern=r"^(file|env|credential):.+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fields(_Part):
    """Where each part of an entry stands: a column of a CSV export, or an attribute in LDAP.

    ``personal_numbers`` are looked at so that none of them is ever shown. A mobile for work is a ``phone``.
    """

    staff_id: str | None = None
    name: str | None = None
    role: str | None = None
    team: str | None = None
    phone: str | None = None
    email: str | None = None
    personal_numbers: tuple[str, ...] = ()
    state: str | None = None
    asked_not_to_be_named: str | None = None


class StateWords(_Part):
    """What ``state`` and ``asked_not_to_be_named`` say, of CSV exports and LDAP directories.

    A state that is not one of ``works_here`` means that somebody has left; without those, one of ``left`` does.
    """

    works_here: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ("true", "yes", "1")


class CsvDirectory(_Part):
    """A CSV export of the staff directory, replaced by renaming. Its first line names the columns."""

    kind: Literal["csv"]
    path: str
    fields: Fields
    state: StateWords = StateWords()
    fresh_for_hours: Annotated[int, Field(ge=1, le=24 * 92)] = 24 * 8
    teams: dict[str, str] = {}


class ScimDirectory(_Part):
    """A SCIM 2.0 export (RFC 7643): a list response, or a list, of users, as JSON."""

    kind: Literal["scim"]
    path: str
    fresh_for_hours: Annotated[int, Field(ge=1, le=24 * 92)] = 24 * 8
    unnamed_attribute: str | None = None
    teams: dict[str, str] = {}


class LdapDirectory(_Part):
    """An LDAP directory, or Active Directory, asked live over TLS: by ``ldaps``, or by StartTLS on ``ldap``.

    ``active_directory``: whether bit 2 of ``userAccountControl`` says that an account is disabled.
    """

    kind: Literal["ldap"]
    url: Annotated[str, Field(pattern=r"^ldaps?://[^/?#@]+$")]
    ca_file: str | None = None
    user: str | None = None
    password: SecretReference | None = None
    base: str
    only: str = "(objectClass=person)"
    fields: Fields = Fields(
        staff_id="sAMAccountName", name="displayName", role="title", team="department", phone="telephoneNumber",
        email="mail", personal_numbers=("mobile", "homePhone", "pager"), state="userAccountControl",
    )  # fmt: skip
    state: StateWords = StateWords()
    active_directory: bool = True
    teams: dict[str, str] = {}


StaffDirectorySettings = Annotated[CsvDirectory | ScimDirectory | LdapDirectory, Field(discriminator="kind")]
