"""E-mail addresses: as they are kept, compared and sent to (ASCII, RFC 5321), and as people read them.

A domain may be in any script: it is kept as IDNA2008 writes it for the network (A-labels, after the mapping of UTS 46).
The part before the @ is ASCII: what is not needs SMTPUTF8 (RFC 6531), which many mail servers do not speak. Pure.
"""

from __future__ import annotations

import re
import unicodedata

import idna

from feiqian.hosts import ascii_name
from feiqian.normal import comparison

LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_JOINERS = "\u200c\u200d"  # which are letters of a domain where IDNA2008 allows them: RFC 5892, A.1 and A.2
_JOINED = re.compile(f"([{_JOINERS}])")


class AddressInvalid(ValueError):
    """`reason` is invalid, too_long or not_ascii (the part before the @)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not an e-mail address that can be used: {reason}")
        self.reason = reason


def canonical(text: str) -> str:
    """The address of a person as it is kept. Raises AddressInvalid.

    An @ and full stops of Chinese and Japanese keyboards are those of ASCII; the domain's letters become small.
    """
    local, domain = _parts(text)
    if "." not in domain:
        raise AddressInvalid("invalid")
    return _whole(local, domain)


def typed(text: str) -> str:
    """An address in the comparison form, as `canonical` is then given it; but joiners within a domain stay.

    With and without them, it is two domains, which may be of two owners.
    """
    local, at, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    parts = _JOINED.split(domain.strip(_JOINERS))
    seen = "".join(part if part in _JOINERS else comparison(part) for part in parts)
    return f"{comparison(local)}{at}{seen}".strip()


def of_server(text: str) -> str:
    """As `canonical`, of an address of our own, whose domain may be one name as `localhost`. Raises AddressInvalid."""
    return _whole(*_parts(text))


def shown(address: str) -> str:
    """An address as it is kept, with its domain in the script that it was registered in (U-labels)."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def _parts(text: str) -> tuple[str, str]:
    text = unicodedata.normalize("NFKC", text).strip()
    if len(text) > LONGEST:
        raise AddressInvalid("too_long")
    local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise AddressInvalid("not_ascii" if local and not local.isascii() and "@" not in local else "invalid")
    return local, _ascii(domain)


def _ascii(domain: str) -> str:
    try:
        return ascii_name(domain)
    except ValueError:
        raise AddressInvalid("invalid") from None


def _whole(local: str, domain: str) -> str:
    if len(local) + 1 + len(domain) > LONGEST:
        raise AddressInvalid("too_long")
    return f"{local}@{domain}"
