"""Notices by email: one message to a recipient's address, over TLS unless the server is on this machine."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import aiosmtplib

from broker.notices.notice import NotDelivered, Notice
from broker.notices.settings import Mail

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ByMail:
    """Tells one recipient by email. ``password`` gives the password, where the server wants one."""

    mail: Mail
    to: str = field(repr=False)
    base: Path
    password: Callable[[str], str] = field(repr=False)

    async def send(self, notice: Notice, now: datetime) -> None:
        """Return when the server has taken the message. Raises NotDelivered."""
        mail = self.mail
        try:
            await aiosmtplib.send(
                message_of(notice, mail.sender, self.to, now),
                hostname=mail.host,
                port=mail.port,
                username=mail.user,
                password=self.password(mail.password) if mail.password else None,
                use_tls=mail.security == "tls",
                start_tls=mail.security == "starttls",
                tls_context=self._trust() if mail.security != "none" else None,
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
            # Its text may quote the server, and the server the message: the kind says enough.
            raise NotDelivered(f"the mail server did not take it ({type(fault).__name__})") from None

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.base / self.mail.ca_file if self.mail.ca_file else None)


def message_of(notice: Notice, sender: str, to: str, now: datetime) -> EmailMessage:
    """The message: plain text, with an id that stays the same when it is sent again."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, notice.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{notice.id}@{sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply comes back
    made.set_content(notice.text)
    return made
