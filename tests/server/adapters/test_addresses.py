"""Which addresses an outgoing request may reach."""

import pytest

from aifp.schemas.errors import AifpError, InvalidArgument, NotGranted
from aifp.server.adapters.addresses import check_addresses, literal_address, normal_host

DENIED = [
    ".".join("0000"),
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:7f00:1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
]
HOME = ["10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "::1", "fd00::1"]
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "11.0.0.1", "100.128.0.1"]


@pytest.mark.req("I21")
@pytest.mark.parametrize("address", DENIED)
def test_no_inner_address_is_reached_by_a_public_grant(address: str) -> None:
    with pytest.raises(NotGranted):
        check_addresses("host.example", [address], private=False)


@pytest.mark.req("I21")
@pytest.mark.parametrize("address", sorted(set(DENIED) - set(HOME) - {"100.64.0.1"}))
def test_metadata_and_reserved_addresses_stay_closed_to_private_hosts(address: str) -> None:
    if address in ("172.31.255.255", "127.255.255.254", "fc00::1", "fd12:3456::1"):
        assert check_addresses("home", [address], private=True) == address
        return
    with pytest.raises(NotGranted):
        check_addresses("home", [address], private=True)


@pytest.mark.parametrize("address", HOME)
def test_a_private_host_is_reached_when_it_is_named_as_private(address: str) -> None:
    assert check_addresses("lamp.local", [address], private=True) == address


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert check_addresses("host.example", [address], private=False) == address


@pytest.mark.req("I21")
def test_one_inner_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(NotGranted, match=r"127\.0\.0\.1"):
        check_addresses("both.example", ["93.184.216.34", "127.0.0.1"], private=False)
    with pytest.raises(NotGranted, match="no address"):
        check_addresses("none.example", [], private=True)


@pytest.mark.req("I21")
@pytest.mark.parametrize(
    "spelling",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "0x7f.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[::1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "127.0.0.1.",
    ],
)
def test_every_spelling_of_an_inner_address_is_refused(spelling: str) -> None:
    def connect() -> None:
        host = normal_host(spelling)
        address = literal_address(host)
        check_addresses(host, [address] if address else [], private=False)

    with pytest.raises(AifpError):
        connect()


def test_names_are_compared_in_one_form() -> None:
    assert normal_host("EXAMPLE.com.") == "example.com"
    assert normal_host("bücher.example") == "xn--bcher-kva.example"
    assert literal_address("example.com") is None
    with pytest.raises(InvalidArgument):
        normal_host("a" * 64 + "ü.example")
