"""Notices by email and webhook: they arrive, over TLS and signed; and what does not arrive is tried again."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.audit.event import Event
from broker.audit.log import LogUnavailable
from broker.audit.review_events import ReviewNotified
from broker.notices import delivery
from broker.notices.delivery import Delivery, Ways
from broker.notices.mail import ByMail
from broker.notices.notice import NotDelivered, of_finding
from broker.notices.settings import Mail, Webhook
from broker.notices.webhook import ByWebhook
from tests.fakes.certificates import Authority
from tests.fakes.notice_receivers import LOOPBACK, PASSWORD, Mailbox, Received, mailbox, receiver, until

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOTICE = of_finding("look-0123456789ab", "own_surname", 1, "Littleworth")


def by_mail(directory: Path, port: Any, **changed: Any) -> ByMail:
    settings = {
        "host": LOOPBACK,
        "port": port,
        "sender": "broker@littleworth.example",
        "user": "broker",
        "password": "env:MAIL",
        "ca_file": "authority.pem",
        **changed,
    }
    return ByMail(Mail.model_validate(settings), "ig@littleworth.example", directory, lambda _: PASSWORD)


def by_webhook(directory: Path, url: str, secret: str = SECRET) -> ByWebhook:
    webhook = Webhook(url=url, secret="env:HOOK", ca_file="authority.pem")
    return ByWebhook(webhook, directory, lambda _: secret)


async def test_mail_goes_over_tls_after_signing_in_and_names_nobody(tmp_path: Path) -> None:
    async with mailbox(tmp_path, Authority(tmp_path)) as box:
        await by_mail(tmp_path, box.port).send(NOTICE, NOW)
    (message,) = box.messages
    assert box.signed_in == [True]
    assert message["Subject"] == "A look-up to review: own_surname"
    assert (message["Message-ID"], message["Auto-Submitted"]) == (
        "<look-0123456789ab@littleworth.example>",
        "auto-generated",
    )
    assert "look-0123456789ab, count 1" in box.texts()[0]


@pytest.mark.parametrize(
    "changed",
    [{"password": None, "user": None}, {"ca_file": None}, {"port": 1}],
    ids=["no sign-in", "trust", "port"],
)
async def test_mail_that_does_not_arrive_says_so_and_quotes_nothing(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    async with mailbox(tmp_path, Authority(tmp_path)) as box:
        with pytest.raises(NotDelivered) as fault:
            await by_mail(tmp_path, **{"port": box.port, **changed}).send(NOTICE, NOW)
    assert box.messages == []
    assert PASSWORD not in str(fault.value)


async def test_a_server_that_offers_no_tls_gets_no_mail(tmp_path: Path) -> None:
    async with mailbox(tmp_path, Authority(tmp_path), tls=False) as box:
        with pytest.raises(NotDelivered):
            await by_mail(tmp_path, box.port).send(NOTICE, NOW)
        assert box.messages == []
        plain = by_mail(tmp_path, box.port, security="none", user=None, password=None)
        await plain.send(NOTICE, NOW)
    assert len(box.messages) == 1


async def test_a_webhook_is_signed_over_id_time_and_body(tmp_path: Path) -> None:
    async with receiver(tmp_path, Authority(tmp_path)) as received:
        await by_webhook(tmp_path, received.url).send(NOTICE, NOW)
    ((headers, body),) = received.requests
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, content, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert json.loads(body) == {
        "format": "family-context-notice/1",
        "type": "finding",
        "partnership": "Littleworth",
        "finding": "look-0123456789ab",
        "rule": "own_surname",
        "count": 1,
    }


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_a_receiver_that_does_not_take_it_has_not_got_it_and_no_redirect_is_followed(
    tmp_path: Path, status: int
) -> None:
    async with receiver(tmp_path, Authority(tmp_path)) as received:
        received.answers.append(status)
        with pytest.raises(NotDelivered, match=str(status)):
            await by_webhook(tmp_path, received.url).send(NOTICE, NOW)
    assert len(received.requests) == 1


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "a word", "whsec_c2hvcnQ="])
async def test_a_webhook_without_a_real_secret_is_not_sent(tmp_path: Path, secret: str) -> None:
    async with receiver(tmp_path, Authority(tmp_path)) as received:
        with pytest.raises(NotDelivered, match="openssl rand"):
            await by_webhook(tmp_path, received.url, secret).send(NOTICE, NOW)
    assert received.requests == []


class Log:
    """Records entries; or, ``broken``, none."""

    def __init__(self) -> None:
        self.entries: list[Event] = []
        self.broken = False

    async def record(self, event: Event) -> None:
        if self.broken:
            raise LogUnavailable("It is broken.")
        self.entries.append(event)


def delivering(directory: Path, log: Log, box: Mailbox, received: Received) -> Delivery:
    ways: Ways = {
        ("ig", "email"): by_mail(directory, box.port),
        ("ig", "webhook"): by_webhook(directory, received.url),
    }
    return Delivery(ways, log.record, lambda: NOW)


async def test_what_does_not_arrive_is_tried_again_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.01)
    authority, log = Authority(tmp_path), Log()
    async with mailbox(tmp_path, authority) as box, receiver(tmp_path, authority) as received:
        box.refuses, received.answers = 2, [500, 302, 503]
        on_its_way = delivering(tmp_path, log, box, received)
        on_its_way.tell(NOTICE, ["ig", "nobody known"])
        on_its_way.tell(NOTICE, ["ig"])  # told once
        working = asyncio.create_task(on_its_way.work())
        await until(lambda: len(log.entries) == 2)
        working.cancel()
    told = {(one.channel, one.attempts) for one in log.entries if isinstance(one, ReviewNotified)}
    assert told == {("email", 3), ("webhook", 4)}
    assert (len(box.messages), len(received.requests)) == (1, 4)
    assert on_its_way.waiting == []
    assert "tried again" in caplog.text


async def test_what_arrived_is_not_sent_again_where_the_log_could_not_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.0)
    authority, log = Authority(tmp_path), Log()
    async with mailbox(tmp_path, authority) as box, receiver(tmp_path, authority) as received:
        on_its_way, log.broken = delivering(tmp_path, log, box, received), True
        on_its_way.tell(NOTICE, ["ig"], but=[("ig", "email")])
        await on_its_way.once()
        log.broken = False
        await on_its_way.once()
    assert (len(received.requests), len(box.messages), len(log.entries)) == (1, 0, 1)
