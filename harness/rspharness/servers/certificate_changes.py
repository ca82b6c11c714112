"""Changes to the contents of a certificate, for `RspServer.reissued`.

`rspcore.pki.certificate_flaws` lists the flaws that every verifier has to find. Here are the ones
a case chooses a value for, and changes after which a certificate is still sound.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore.errors import LocalError
from rspcore.ids import Oid
from rspcore.pki.issue import Contents, subject_public_key_info
from rspcore.pki.names_and_extensions import Extension, Subject
from rspcore.pki.roles import Role

__all__ = ["Change", "issued_by", "lengthened", "on_curve", "with_policy"]

Change = Callable[[Contents], Contents]

# Base points: FIPS 186-4, D.1.2.1 and D.1.2.4; RFC 5639, 3.2. Sound keys, on curves no eUICC has.
_FOREIGN_KEYS: Final[Mapping[str, tuple[Oid, bytes]]] = {
    "P-192": (
        Oid("1.2.840.10045.3.1.1"),
        bytes.fromhex(
            "04188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012"
            "07192B95FFC8DA78631011ED6B24CDD573F977A11E794811"
        ),
    ),
    "brainpoolP192r1": (
        Oid("1.3.36.3.3.2.8.1.1.3"),
        bytes.fromhex(
            "04C0A0647EAAB6A48753B033C56CB0F0900A2F5C4853375FD6"
            "14B690866ABD5BB88B5F4828C1490002E6773FA2FA299B8F"
        ),
    ),
    "P-384": (
        Oid("1.3.132.0.34"),
        bytes.fromhex(
            "04AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C"
            "3A545E3872760AB73617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A"
            "60B1CE1D7E819D7A431D7C90EA0E5F"
        ),
    ),
}


def on_curve(name: str) -> Change:
    """Returns the change to a key on a curve that no eUICC has.

    Args:
        name: P-192, brainpoolP192r1 or P-384.

    Raises:
        LocalError: no such curve here.
    """
    if name not in _FOREIGN_KEYS:
        raise LocalError(f"curve {name!r}: expected one of {', '.join(_FOREIGN_KEYS)}")
    info = subject_public_key_info(*_FOREIGN_KEYS[name])
    return lambda contents: replace(contents, public_key_info=info)


def with_policy(role: Role) -> Change:
    """Returns the change to the policy of another role; everything else stays."""
    return lambda contents: contents.with_extension(Extension.policy(role.oid))


def issued_by(common_name: str) -> Change:
    """Returns the change to another name of the issuer; its key stays the one that signs."""
    issuer = Subject.of(organization="rsplab", common_name=common_name).encode()
    return lambda contents: replace(contents, issuer=issuer)


def lengthened(octets: int) -> Change:
    """Returns the change to a sound certificate longer by `octets`, or a few more.

    The octets go into an address of cRLDistributionPoints, which every profile allows.
    """
    address = "http://ci.rsplab.example/" + "a" * octets
    return lambda contents: contents.with_extension(Extension.crl_distribution_points(address))
