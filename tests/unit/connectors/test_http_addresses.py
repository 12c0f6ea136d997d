"""Which addresses the broker connects to at all."""

from __future__ import annotations

import pytest

from connectors.http_address import ForbiddenAddress, judge

PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "127.1.2.3", "::1",
    "fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%eth0", "224.0.0.1", "239.1.1.1", "ff02::1",
    "0.0.0.0",  # noqa: S104 -- nobody binds it here
       "::", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
]  # fmt: skip
RESERVED = ["240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "2001:db8::1", "0.1.2.3"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_connected_to(address: str) -> None:
    judge(address, private_network=False)
    judge(address, private_network=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_only_where_it_is_meant(address: str) -> None:
    judge(address, private_network=True)
    with pytest.raises(ForbiddenAddress, match="private_network: true"):
        judge(address, private_network=False)


@pytest.mark.parametrize("address", [*NEVER, *RESERVED])
@pytest.mark.parametrize("private_network", [True, False])
def test_other_addresses_never_are(address: str, private_network: bool) -> None:
    with pytest.raises(ForbiddenAddress) as raised:
        judge(address, private_network=private_network)
    assert address not in str(raised.value)


@pytest.mark.parametrize("address", [*PUBLIC, *NEVER, *RESERVED, "10.0.0.1", "fd12:3456::1"])
def test_without_tls_only_this_machine_is(address: str) -> None:
    with pytest.raises(ForbiddenAddress, match="TLS is disabled"):
        judge(address, private_network=True, only_this_machine=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_without_tls_this_machine_need_not_be_meant_twice(address: str) -> None:
    judge(address, private_network=False, only_this_machine=True)
