"""The revocation lists a card keeps, and what they say of a certificate (SGP.22 v2, 4.6).

Per CI one full CRL, whole or in parts, and the deltas loaded after it. A full CRL with a higher
number takes the place of everything older.
"""

from rspcore.frozen import replace
from rspcore.pki.crl import Crl
from rspsim.euicc.state import CardState, CrlPart

__all__ = ["highest_number", "missing_parts", "revoked", "with_crl"]


def revoked(parts: tuple[CrlPart, ...], ci_pkid: bytes | None, serial_number: int) -> bool:
    """Returns whether a certificate under a CI is listed."""
    return any(
        part.ci_pkid == ci_pkid and serial_number in Crl.from_der(part.octets).serial_numbers
        for part in parts
    )


def highest_number(state: CardState, ci_pkid: bytes) -> int | None:
    """Returns the highest cRLNumber loaded for a CI, None when nothing is."""
    numbers = [part.number for part in state.crls if part.ci_pkid == ci_pkid]
    return max(numbers, default=None)


def missing_parts(state: CardState, ci_pkid: bytes, number: int) -> tuple[int, ...]:
    """Returns the numbers of the parts of a CRL that are not loaded yet."""
    loaded = [
        part
        for part in state.crls
        if part.ci_pkid == ci_pkid and part.number == number and not part.delta
    ]
    total = max((part.parts for part in loaded), default=0)
    return tuple(n for n in range(1, total + 1) if n not in {part.part for part in loaded})


def with_crl(state: CardState, ci_pkid: bytes, crl: Crl) -> CardState:
    """Returns a state with a CRL, part or delta added; what it makes obsolete is removed."""
    added = CrlPart(
        ci_pkid=ci_pkid,
        number=crl.number or 0,
        part=crl.part,
        parts=crl.parts,
        delta=crl.base_number is not None,
        octets=crl.der,
    )
    kept = tuple(part for part in state.crls if not _obsolete(part, added))
    return replace(state, crls=(*kept, added))


def _obsolete(part: CrlPart, added: CrlPart) -> bool:
    if part.ci_pkid != added.ci_pkid:
        return False
    if added.delta:
        return part.delta and part.number <= added.number
    return part.number != added.number or part.part == added.part or part.delta
