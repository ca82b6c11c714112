"""Reader of profile packages (TCA interoperable format, versions 2.1 to 3.4): elements and facts.

`elements` cuts the stream; `header`, `package_files` and `network_access` read the parts the facts
need straight from the TLVs; `profile_facts` works out what Profile a package makes, and `mismatch`
compares that with its metadata. The ASN.1 library is used by `decode_element` only.
"""

from rspcore.profile_reader.elements import (
    DecodedElement,
    PackageReader,
    ProfileElementTlv,
    decode_element,
    encode_element,
    split,
)
from rspcore.profile_reader.header import ProfileHeader
from rspcore.profile_reader.mismatch import Mismatch, data_mismatches
from rspcore.profile_reader.network_access import AkaParameters, NaaKind
from rspcore.profile_reader.profile_facts import ElementFact, ProfileFacts

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
