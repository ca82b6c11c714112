"""The activation code: what a user types or scans to start a download (SGP.22 v2, 4.1).

Parsing is local and complete: a text that is no activation code is refused with the field and the
position, and no server is ever contacted for it.

>>> code = ActivationCode.parse("LPA:1$SMDP.EXAMPLE.COM$04386-AGYFT$2.999.10$1")
>>> code.address, code.matching_id, str(code.smdp_oid), code.confirmation_code_required
('SMDP.EXAMPLE.COM', '04386-AGYFT', '2.999.10', True)
>>> str(ActivationCode.parse("1$smdp.example.com$"))
'LPA:1$smdp.example.com$'
"""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import Oid
from rspcore.server_address import is_ip_address, split_address

__all__ = ["ActivationCode", "check_server_address"]

_PREFIX: Final = "LPA:"
_FORMAT: Final = "1"
_MAX_CHARACTERS: Final = 255
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_TOKEN_CHARACTER: Final = re.compile(r"[0-9A-Z-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCode:
    """The fields of an activation code of format 1.

    Attributes:
        address: FQDN of the SM-DP+, in the case it was given; a port may follow after a colon.
        matching_id: AC token, 0 to 255 characters out of 0-9, A-Z and -; empty means that the order
            is found by the EID.
        smdp_oid: OID the certificate of the server has to name, or None.
        confirmation_code_required: True when the flag field is 1. The server's own
            ccRequiredFlag rules in the end.
    """

    address: str
    matching_id: str = ""
    smdp_oid: Oid | None = None
    confirmation_code_required: bool = False

    @classmethod
    def parse(cls, text: str) -> "ActivationCode":
        """Reads an activation code, with or without the prefix "LPA:" (in any case).

        A link with the code as the parameter `carddata`, and a code or link in percent-encoded
        form, are read as the code in it. White space around the text is dropped. Fields after the
        fifth are ignored, as later versions append some.

        Raises:
            DecodeError: the text is no activation code of format 1; offset is the position of the
                field at fault, counted in characters without the prefix. Nothing was sent.
        """
        body = _out_of_link(text.strip())
        if body[: len(_PREFIX)].upper() == _PREFIX:
            body = body[len(_PREFIX) :]
        if not 1 <= len(body) <= _MAX_CHARACTERS:
            raise DecodeError(
                f"activation code of {len(body)} characters; expected 1 to {_MAX_CHARACTERS}, as "
                "in 1$smdp.example.com$MATCHING-ID"
            )
        fields = body.split("$")
        starts = [sum(len(field) + 1 for field in fields[:n]) for n in range(len(fields))]
        fields += [""] * (5 - len(fields))
        starts += [len(body)] * (5 - len(starts))
        version, address, token, oid, flag = fields[:5]
        if version != _FORMAT:
            raise DecodeError(f"activation code: format {version!r} in field 1; only 1 is known")
        if not address:
            raise DecodeError(
                "activation code: field 2 is empty; expected the FQDN of the SM-DP+",
                offset=starts[1],
            )
        check_server_address(address, offset=starts[1])
        _check_token(token, starts[2])
        return cls(
            address=address,
            matching_id=token,
            smdp_oid=_oid(oid, starts[3]),
            confirmation_code_required=flag == "1",
        )

    def __str__(self) -> str:
        """Returns the text with prefix, without trailing empty fields; the token field is kept."""
        fields = [_FORMAT, self.address, self.matching_id]
        if self.smdp_oid is not None or self.confirmation_code_required:
            fields.append("" if self.smdp_oid is None else str(self.smdp_oid))
        if self.confirmation_code_required:
            fields.append("1")
        return _PREFIX + "$".join(fields)


def _out_of_link(text: str) -> str:
    """Returns the code in a link or in percent-encoded form, else the text."""
    if "$" not in text and "%24" in text:
        text = unquote(text)
    if not text.lower().startswith("https://"):
        return text
    for name, value in parse_qsl(urlsplit(text).query, keep_blank_values=True):
        if name.lower() == "carddata":
            return value.strip()
    raise DecodeError(
        "activation code: a link without the parameter carddata; expected one as in "
        "https://.../?carddata=LPA:1$smdp.example.com$MATCHING-ID"
    )


def check_server_address(address: str, *, offset: int = 0) -> None:
    """Refuses an address that is neither an FQDN nor an IP address, optionally with a port.

    An IP address of version 6 stands in brackets.

    Args:
        address: The text, without scheme and path.
        offset: Position of the text in its surroundings, for the error.

    Raises:
        DecodeError: a label, the whole length or the port does not fit.
    """
    if address.startswith("["):
        _check_bracketed(address, offset)
        return
    host, colon, port = address.partition(":")
    position = 0
    for label in host.split("."):
        if not _LABEL.fullmatch(label):
            raise DecodeError(
                f"server address {address!r}: label {label!r}; expected 1 to 63 letters, digits "
                "and hyphens, no scheme and no path",
                offset=offset + position,
            )
        position += len(label) + 1
    if len(host) > 253:
        raise DecodeError(
            f"server address of {len(host)} characters; a host name has at most 253", offset=offset
        )
    if colon:
        _check_port(address, port, offset + len(host) + 1)


def _check_bracketed(address: str, offset: int) -> None:
    host, port = split_address(address)
    rest = address[len(host) + 2 :]
    if not is_ip_address(host) or ":" not in host or (rest and not rest.startswith(":")):
        raise DecodeError(
            f"server address {address!r}: expected an IP address of version 6 in the brackets, and "
            "nothing but a port after them",
            offset=offset,
        )
    if rest:
        _check_port(address, port, offset + len(host) + 3)


def _check_port(address: str, port: str, offset: int) -> None:
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        raise DecodeError(
            f"server address {address!r}: port {port!r}; expected 1 to 65535 "
            "(an address has no scheme)",
            offset=offset,
        )


def _check_token(token: str, offset: int) -> None:
    for position, character in enumerate(token):
        if not _TOKEN_CHARACTER.fullmatch(character):
            raise DecodeError(
                f"activation code: character {character!r} in the token {token!r} (field 3); "
                "expected 0-9, A-Z and -, or the MatchingID beside the code (--matching-id)",
                offset=offset + position,
            )


def _oid(text: str, offset: int) -> Oid | None:
    if not text:
        return None
    try:
        return Oid(text)
    except DecodeError as error:
        raise DecodeError(f"activation code: field 4: {error}", offset=offset) from error
