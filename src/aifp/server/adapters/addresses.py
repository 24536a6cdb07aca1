"""Which addresses an outgoing request may reach; the one place that decides it."""

import ipaddress
from collections.abc import Sequence

from aifp.schemas.errors import InvalidArgument, NotGranted

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Reachable only when the approved directive names the host as private.
HOME = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)
# Never reachable: this-network, metadata, documentation, relays, multicast, reserved.
NEVER = (
    "0.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fe80::/10",
    "ff00::/8",
)


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_HOME = _networks(HOME)
_NEVER = _networks(NEVER)


def check_addresses(host: str, addresses: Sequence[str], *, private: bool) -> str:
    """Return the address to connect to; every one of them must be allowed."""
    if not addresses:
        raise NotGranted(f"{host} has no address.")
    for text in addresses:
        _check(host, ipaddress.ip_address(text.partition("%")[0]), private=private)
    return addresses[0]


def normal_host(host: str) -> str:
    """Return the lower-case ASCII form of a host name or address."""
    plain = host.strip("[]").rstrip(".").lower()
    try:
        return plain.encode("ascii").decode() if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError as fault:
        raise InvalidArgument(f"{host!r} is not a host name.") from fault


def literal_address(host: str) -> str | None:
    """Return the address a host spells out, None for a name; odd spellings are refused."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if _looks_numeric(host):
            raise NotGranted(
                f"{host} is an address in an odd spelling. Write it in the usual form."
            ) from None
        return None


def _looks_numeric(host: str) -> bool:
    """Say whether a resolver would read the host as a number (127.1, 0x7f000001, 2130706433)."""
    last = host.rpartition(".")[2]
    return last.isdigit() or last.startswith("0x") or ":" in host


def _check(host: str, address: Address, *, private: bool) -> None:
    if _within(address, _NEVER):
        raise NotGranted(f"{host} leads to {address}, which no directive may reach.")
    if _within(address, _HOME) and not private:
        raise NotGranted(
            f"{host} leads to the private address {address}. "
            "Only a host that the approved directive names as private may do that."
        )


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)
