"""Who sends from where: one household is one, however many addresses it has."""

from ipaddress import ip_address, ip_network


def network(remote_addr: str | None) -> tuple[str, str] | None:
    """The first and the last address one household sends from: of IPv6 it has 64 bits, of IPv4 one. None: unknown."""
    if remote_addr is None:
        return None
    address = ip_address(remote_addr)
    found = ip_network((address, 64 if address.version == 6 else 32), strict=False)
    return str(found[0]), str(found[-1])
