"""The words for metadata that version 3 added: of an order, and of `rsplab profile make`.

Each word is a line of `WORDS`: its name, what its values look like, what it is. They stand among
the settings of every server; what they make is in `rspsim.smdpp.stock.newer_metadata`, which only a
start that uses one of them waits for.
"""

from typing import Final

from rspcore.errors import DecodeError
from rspcore.ids import Oid
from rspsim.smdpp.setting_kinds import TEXT, Kind, choice, count, late, list_of, map_of, text_of

__all__ = ["NAMES", "WORDS"]

_ALL: Final = "all"
_MOST: Final = 255


def _oid(value: object) -> Oid:
    try:
        return Oid(str(value))
    except (DecodeError, ValueError) as error:
        raise DecodeError(f"expected an OID such as 2.999.10, got {value!r}: {error}") from error


def _types(value: object) -> frozenset[int] | None:
    """Returns bits of rpmType; None for every command."""
    words = str(value).split("+")
    if words == [_ALL]:
        return None
    from rspcore.messages.v3.profile_metadata import RpmType  # noqa: PLC0415  see the module

    known = dict(RpmType.__members__)
    for word in words:
        if word not in known:
            expected = f"{_ALL}, or some of {', '.join(known)} with + between"
            raise DecodeError(f"expected {expected}, got {value!r}")
    return frozenset(int(known[word]) for word in words)


def _shown(types: frozenset[int] | None) -> str:
    from rspcore.messages.v3.profile_metadata import RpmType  # noqa: PLC0415  see the module

    return _ALL if types is None else "+".join(RpmType(one).name for one in sorted(types))


_OID: Final = Kind(
    schema={"type": "string", "pattern": r"^\d+(\.\d+)+$"},
    read=_oid,
    show=lambda value: value.dotted,
    metavar="OID",
)
_RPM_TYPES: Final = Kind(schema={"type": "string"}, read=_types, show=_shown)


def _rules() -> Kind:
    from rspcore.messages.v3.profile_metadata import EnterpriseRule  # noqa: PLC0415  likewise

    return list_of(choice(dict(EnterpriseRule.__members__)), frozenset)


def _services() -> Kind:
    from rspcore.messages.v3.profile_metadata import ServiceDescription  # noqa: PLC0415  likewise

    return list_of(choice(dict(ServiceDescription.__members__)), frozenset)


WORDS: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("rpm_owner", _OID, "v3: OID of the owner, who has the Profile managed from afar"),
    (
        "rpm_servers",
        map_of(_OID, _RPM_TYPES, lambda pairs: tuple(pairs.items())),
        "v3: what each SM-DP+ may send for it, by its OID: all, or words such as enable+delete",
    ),
    ("rpm_polling_address", TEXT, "v3: where the LPA asks for packages"),
    ("hri_address", TEXT, "v3: hriServerAddress"),
    ("provider_message", TEXT, "v3: message of the service provider, shown at the download"),
    ("message_language", text_of(35, "a language tag"), "v3: its language, such as de"),
    ("lpr_address", TEXT, "v3: address of the PCM Platform"),
    ("enterprise", _OID, "v3: OID of the enterprise whose Profile it is"),
    ("enterprise_name", text_of(64), "v3: its name"),
    (
        "enterprise_rules",
        late(_rules, "TEXT,..."),
        "v3: its rules for the other Profiles",
    ),
    ("other_profiles", count(0, _MOST), "v3: how many other Profiles may be enabled beside it"),
    (
        "service_description",
        late(_services, "TEXT,..."),
        "v3: services it has",
    ),
    ("change_address", TEXT, "v3: the SM-DP+ to ask for a Device Change"),
    (
        "change_needs",
        list_of(choice({"eid": "eid", "tac": "tac"}), frozenset),
        "v3: what that SM-DP+ wants to know of the next device",
    ),
    ("change_activation_code", TEXT, "v3: the activation code for the next device instead"),
    ("estimated_size", count(1, 1 << 24), "v3: estimatedProfileSize in octets"),
)
"""Name, kind and summary of each word."""

NAMES: Final = frozenset(name for name, _, _ in WORDS)
