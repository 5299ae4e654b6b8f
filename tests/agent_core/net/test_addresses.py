"""What counts as public."""

import pytest

from agent_core.net.addresses import is_public, resolve

PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",  # NAT64 of 1.1.1.1: what a host with IPv6 alone gets for an IPv4 site
]
NOT_PUBLIC = {
    "loopback": ["127.0.0.1", "127.9.9.9", "::1"],
    "unspecified": ["0.0.0.0", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1", "fec0::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
    "of a zone": ["2606:4700::1111%eth0", "::ffff:1.1.1.1%1"],
    "shared": ["100.64.0.1", "100.100.100.200"],
    "multicast": ["224.0.0.1", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.192", "192.88.99.1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "of a provider": ["168.63.129.16"],
    "IPv4 in IPv6": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::101:101"],
    "6to4": ["2002:7f00:1::1", "2002:0a00:1::1", "2002:c058:6301::1", "2002:101:101::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [address for group in NOT_PUBLIC.values() for address in group])
def test_other_addresses_are_refused(address):
    assert not is_public(address)


async def test_resolve_gives_each_address_once():
    assert await resolve("127.0.0.1") == ["127.0.0.1"]
