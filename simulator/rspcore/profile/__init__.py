"""Reader of profile packages (TCA interoperable format, versions 2.1 to 3.4): elements and facts.

`elements` cuts the stream, `header` and `files` read the parts the facts need straight from the
TLVs, `facts` says what Profile a package makes, and `mismatch` holds that against its metadata. The
ASN.1 library is used by `decode_element` only.
"""

from rspcore.profile.elements import (
    DecodedElement,
    PackageReader,
    ProfileElementTlv,
    decode_element,
    encode_element,
    split,
)
from rspcore.profile.facts import ElementFact, ProfileFacts
from rspcore.profile.header import ProfileHeader
from rspcore.profile.mismatch import Mismatch, data_mismatches
from rspcore.profile.naa import AkaParameters, NaaKind

__all__ = [
    "AkaParameters",
    "DecodedElement",
    "ElementFact",
    "Mismatch",
    "NaaKind",
    "PackageReader",
    "ProfileElementTlv",
    "ProfileFacts",
    "ProfileHeader",
    "data_mismatches",
    "decode_element",
    "encode_element",
    "split",
]
