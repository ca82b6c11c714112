"""Faults that put a secret into an answer: each kind of secret, in each encoding.

The secret stands in a data object at the end of the configured addresses, where a reader passes
over what it does not know.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rspcore import tlv
from rspsim.euicc.isdr.es10a.get_euicc_configured_addresses import GET_EUICC_CONFIGURED_ADDRESSES
from rspsim.euicc.outcome import Outcome, View
from rspsim.faults.card.card_fault import CardFault, answering_data, behind

__all__ = ["FAULTS"]

_UNKNOWN: Final = 0xC1
_KIC, _KID, _DEK = 1, 2, 3
_PIN1, _PIN2, _ADM1 = 0x01, 0x81, 0x0A

Secret = Callable[[View], bytes | None]


def _ki(view: View) -> bytes | None:
    profile = view.state.enabled_profile
    return profile.content.aka[0].key if profile is not None else None


def _opc(view: View) -> bytes | None:
    profile = view.state.enabled_profile
    return profile.content.aka[0].opc if profile is not None else None


def _over_the_air(identifier: int) -> Secret:
    def key(view: View) -> bytes | None:
        profile = view.state.enabled_profile
        for domain in profile.content.security_domains if profile is not None else ():
            for one in domain.keys:
                if one.identifier == identifier:
                    return one.value
        return None

    return key


def _pin(reference: int) -> Secret:
    def value(view: View) -> bytes | None:
        profile = view.state.enabled_profile
        pins = profile.content.pins if profile is not None else ()
        return next((one.value for one in pins if one.reference == reference), None)

    return value


def _puk(view: View) -> bytes | None:
    profile = view.state.enabled_profile
    return profile.content.puks[0].value if profile is not None else None


def _private_key(view: View) -> bytes | None:
    return view.state.credentials[0].euicc_scalar


def _session_key(name: str) -> Secret:
    def key(view: View) -> bytes | None:
        load = view.session.load
        keys = load.bsp.keys if load is not None and load.bsp is not None else None
        return None if keys is None else getattr(keys, name)

    return key


_SECRETS: Final[Mapping[str, Secret]] = {
    "ki": _ki,
    "opc": _opc,
    "kic": _over_the_air(_KIC),
    "kid": _over_the_air(_KID),
    "dek": _over_the_air(_DEK),
    "pin1": _pin(_PIN1),
    "pin2": _pin(_PIN2),
    "adm1": _pin(_ADM1),
    "puk1": _puk,
    "private-key": _private_key,
    "s-enc": _session_key("s_enc"),
    "s-mac": _session_key("s_mac"),
}
_ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "raw": bytes,
    "swapped": lambda octets: bytes(one << 4 & 0xF0 | one >> 4 for one in octets),
    "hex": lambda octets: octets.hex().encode(),
    "base64": b64encode,
}


def _leaking(
    secret: Secret, encoded: Callable[[bytes], bytes]
) -> Callable[[Outcome, View], Outcome]:
    def leaking(outcome: Outcome, view: View) -> Outcome:
        octets = secret(view)
        if octets is None:
            return outcome
        whole = tlv.parse(outcome.response.data)
        added = tlv.encode(_UNKNOWN, encoded(octets))
        return answering_data(outcome, tlv.encode(whole.tag, whole.value, added))

    return leaking


def _faults() -> Iterator[CardFault]:
    for name, secret in _SECRETS.items():
        for encoding, encoded in _ENCODINGS.items():
            yield CardFault(
                f"leaks.{name}.{encoding}",
                f"The configured addresses end with {name.upper()}, {encoding}.",
                ("procedure.Secrets#01",),
                behind(GET_EUICC_CONFIGURED_ADDRESSES, _leaking(secret, encoded)),
            )


FAULTS: Final = tuple(_faults())
