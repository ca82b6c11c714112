"""Everything about the server that can be set from outside: one table for every way to set it.

`rsplab smdpp serve` has an option, the management port a member, the fixture `smdpp` a word for
each setting of this table; what is not in it does not exist for them. A new one needs one line.

    area     set                                    what it is
    policy   at the start, and while it runs        `rspsim.smdpp.policy.Policy`
    binding  at the start, and while it runs        `rspsim.smdpp.stock.binding.BindingChoice`
    start    at the start                           curves
    clock    at the start, and while it runs        moved forward, held
    order    with each order                        what an order takes, and its `OrderTerms`
    profile  with each order, and `profile make`    the package and its metadata
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.metadata import PprId, ProfileClass
from rspcore.messages.notifications import ErrorReason
from rspcore.pki.variants import Variant
from rspcore.profile_maker import PRESETS
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.setting_kinds import (
    BASE64_OCTETS,
    EID_DIGITS,
    FLAG,
    ICCID_DIGITS,
    MOMENT,
    SECONDS,
    TEXT,
    VERSION_TEXT,
    Kind,
    choice,
    count,
    hexadecimal,
    late,
    list_of,
    map_of,
    or_none,
    text_of,
)
from rspsim.smdpp.stock import newer_words
from rspsim.smdpp.stock.orders import OrderEvent

__all__ = [
    "SETTINGS",
    "Area",
    "Setting",
    "known_checks",
    "policy_with",
    "read_members",
    "read_settings",
    "read_words",
    "settings_of",
    "settings_of_sm_ds",
]


class Area(StrEnum):
    """Where a setting belongs."""

    POLICY = "policy"
    BINDING = "binding"
    START = "start"
    CLOCK = "clock"
    ORDER = "order"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set.

    Attributes:
        area: Where it belongs.
        name: Its name in Python.
        kind: What its values look like.
        summary: What it does, for the help and the description of the management port.
        option: Its option where that is not the name; begins with "--no-" for a flag that is true
            by default.
        named: Its member in JSON where that is not the name.
    """

    area: Area
    name: str
    kind: Kind
    summary: str
    option: str = ""
    named: str = ""

    @property
    def member(self) -> str:
        """Returns its member in JSON."""
        first, *others = self.name.split("_")
        return self.named or first + "".join(one.capitalize() for one in others)

    @property
    def default_is_true(self) -> bool:
        """Returns whether a flag is true when nothing is said; its option then makes it false."""
        return self.option.startswith("--no-") or self.name == "signing_list_first"

    @property
    def flag(self) -> str:
        """Returns its option on the command line."""
        return self.option or "--" + self.name.replace("_", "-")


_OF_SM_DS: Final = frozenset(
    (
        *("version", "lowest_svn", "next_major", "strict_headers", "session_lifetime"),
        *("eid_check_digits", "skipped_checks", "max_body_octets", "any_requester"),
        *("lenient_ids", "chain", "push_services"),
    )
)
"""What an SM-DS looks at of the policy."""


def known_checks() -> tuple[str, ...]:
    """Returns the names of the checks that can be left out, in the order of their functions."""
    from rspsim.smdpp.protocol import euicc_chain  # noqa: PLC0415  few name a check at a start
    from rspsim.smdpp.protocol.es9p import (  # noqa: PLC0415  likewise
        authenticate_client,
        cancel_session,
        get_bound_profile_package,
        handle_notification,
        initiate_authentication,
    )

    modules = (
        initiate_authentication,
        euicc_chain,
        authenticate_client,
        get_bound_profile_package,
        cancel_session,
    )
    found: dict[str, None] = {}
    for module in modules:
        for name, value in vars(module).items():
            if name.endswith("CHECKS"):
                found |= dict.fromkeys(check.__name__ for check in value)
    return (*found, handle_notification.RESULT_SIGNATURE)


_POLICY, _BINDING, _START, _CLOCK, _ORDER, _PROFILE = Area
_REASONS: Final = choice(dict(CancelSessionReason.__members__), numbers=True)
_ERRORS: Final = choice(dict(ErrorReason.__members__), numbers=True)
_EFFECT: Final = or_none(choice({"FAILED": OrderEvent.FAILED}))
_DELETION: Final = or_none(
    choice({one: OrderEvent[one] for one in ("DELETED", "DELETED_FOR_REUSE")})
)
_CHECKS: Final = late(
    lambda: list_of(choice({one: one for one in known_checks()}), frozenset), "TEXT,..."
)
_KEY: Final = hexadecimal(16, 16)
_PIN: Final = hexadecimal(4, 8)
_CODE: Final = hexadecimal(8, 8)

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        _POLICY,
        "version",
        VERSION_TEXT,
        "highest version of the protocol, as answered",
        option="--protocol-version",
    ),
    Setting(_POLICY, "lowest_svn", VERSION_TEXT, "lowest svn of a card that is served"),
    Setting(
        _POLICY,
        "next_major",
        count(1, 255),
        "first major version of svn that is not served any more",
    ),
    Setting(
        _POLICY,
        "strict_headers",
        FLAG,
        "refuse a User-Agent or X-Admin-Protocol that is not that of an LPA",
        option="--no-strict-headers",
    ),
    Setting(_POLICY, "session_lifetime", SECONDS, "how long a session waits for its next step"),
    Setting(_POLICY, "eid_check_digits", FLAG, "refuse an EID whose check digits do not fit"),
    Setting(
        _POLICY,
        "offer_kept_otpk",
        FLAG,
        "offer a card its one-time key of an earlier attempt",
        option="--no-offer-kept-otpk",
    ),
    Setting(
        _POLICY,
        "rebind",
        FLAG,
        "bind again when the card sends another one-time key",
        option="--no-rebind",
    ),
    Setting(
        _POLICY,
        "cancel_effects",
        map_of(_REASONS, _EFFECT, lambda pairs: tuple(pairs.items())),
        "what a cancellation does to its order, by reason; one not listed is FAILED",
    ),
    Setting(
        _POLICY,
        "permanent_errors",
        list_of(_ERRORS, frozenset),
        "errorReasons of an installation after which no attempt is allowed",
    ),
    Setting(_POLICY, "after_deletion", _DELETION, "what a delete Notification does to a Profile"),
    Setting(_POLICY, "skipped_checks", _CHECKS, "checks that are left out, by name"),
    Setting(
        _POLICY,
        "signatures_covered",
        FLAG,
        "sign RPM packages and Device Changes over the last signature of the card, too",
        option="--no-signatures-covered",
    ),
    Setting(_POLICY, "change_delay", SECONDS, "how long a Device Change takes to be prepared"),
    Setting(_POLICY, "change_code", TEXT, "Confirmation Code of Device Changes, empty for none"),
    Setting(
        _POLICY,
        "change_asks_operator",
        FLAG,
        "ask the operator of --operator before a Device Change (ES2+.HandleDeviceChangeRequest)",
    ),
    Setting(_POLICY, "change_encrypted", FLAG, "encrypt what a Device Change hands over"),
    Setting(
        _POLICY,
        "change_deletes",
        FLAG,
        "have the old Profile deleted in a Device Change",
        option="--no-change-deletes",
    ),
    Setting(_POLICY, "max_body_octets", count(1, 4 << 20), "longest body that is read"),
    Setting(
        _POLICY,
        "keep_session_after_wrong_code",
        FLAG,
        "keep a session after a wrong Confirmation Code (default: it ends, SGP.22 5.6.2)",
        option="--retry-code-in-session",
    ),
    Setting(
        _POLICY,
        "signing_list_first",
        FLAG,
        "ask EUICCInfo1's list for signing before the one for verification, which only matters "
        "where both are unknown",
        option="--verification-list-first",
    ),
    Setting(
        _POLICY,
        "chain",
        choice({str(one): one for one in Variant}),
        "variant of the chain for cards and LPAs that take one of version 3",
    ),
    Setting(
        _POLICY,
        "push_services",
        list_of(TEXT, lambda names: tuple(Oid(one).dotted for one in names)),
        "services for push that an SM-DS of version 3 registers devices for, OIDs",
    ),
    Setting(
        _POLICY,
        "any_requester",
        FLAG,
        "take a functionRequesterIdentifier that is no OID (default: refused, SGP.22 6.5.1)",
    ),
    Setting(
        _POLICY,
        "lenient_ids",
        FLAG,
        "take MatchingIDs and EventIDs of any visible characters but $, as in some laboratories "
        "(default: 0-9, A-Z and -, SGP.22 4.1)",
    ),
    Setting(
        _POLICY,
        "root_smds",
        list_of(TEXT, tuple),
        "addresses of root SM-DSs; an event goes to any other SM-DS with the wish to forward it, "
        "which one without a root ignores",
    ),
    Setting(
        _POLICY,
        "operator_address",
        TEXT,
        "where HandleDownloadProgressInfo (ES2+) goes, host name and port; empty for nowhere",
        option="--operator",
    ),
    Setting(
        _BINDING,
        "replace_session_keys",
        FLAG,
        "protect Profiles under their own keys (PPK) instead of the session keys",
    ),
    Setting(_BINDING, "segment_octets", count(1, 65_000), "most plaintext octets in one 86"),
    Setting(_BINDING, "metadata_octets", count(1, 65_000), "most plaintext octets in one 88"),
    Setting(_BINDING, "host_id_octets", count(1, 16), "length of hostId"),
    Setting(
        _START,
        "curves",
        list_of(choice({one.value: one for one in Curve}), tuple),
        "curves to serve, the preferred one first (default: all of the PKI)",
    ),
    Setting(_CLOCK, "advance", SECONDS, "how far the clock is moved forward"),
    Setting(_CLOCK, "frozen", FLAG, "hold the clock"),
    Setting(_ORDER, "matching_id", TEXT, "MatchingID; drawn when left out, empty needs an EID"),
    Setting(_ORDER, "confirmation_code", TEXT, "code that the End User has to enter"),
    Setting(_ORDER, "eid", EID_DIGITS, "the only card that may get the Profile"),
    Setting(
        _ORDER,
        "downloads",
        or_none(count(0, 1 << 30)),
        "authentications before the order goes to Error",
    ),
    Setting(_ORDER, "wrong_codes", count(1, 1 << 30), "wrong codes before the order goes to Error"),
    Setting(_ORDER, "expires_at", or_none(MOMENT), "end of the order"),
    Setting(
        _ORDER,
        "released",
        FLAG,
        "release the order at once; else it waits Confirmed for ReleaseProfile",
        option="--no-released",
    ),
    Setting(
        _ORDER,
        "again",
        FLAG,
        "when the order is finished, order the Profile again under the same MatchingID",
    ),
    Setting(
        _PROFILE,
        "profile",
        choice({name: name for name in PRESETS}),
        "the Profile of the catalogue that the other values change",
    ),
    Setting(_PROFILE, "iccid", ICCID_DIGITS, "ICCID; a fresh one is drawn for an order"),
    Setting(_PROFILE, "imsi", or_none(text_of(15, "IMSI")), "IMSI; none for no USIM"),
    Setting(_PROFILE, "mnc_digits", count(2, 3), "how many digits of the IMSI are the MNC"),
    Setting(
        _PROFILE,
        "algorithm",
        choice(dict(AlgorithmId.__members__)),
        "authentication algorithm of the USIM",
    ),
    Setting(_PROFILE, "ki", hexadecimal(16, 32), "K"),
    Setting(_PROFILE, "opc", hexadecimal(16, 32), "OPc, or TOPc of TUAK"),
    Setting(_PROFILE, "spn", text_of(32), "service provider name"),
    Setting(_PROFILE, "profile_name", text_of(64), "Profile name", option="--name"),
    Setting(
        _PROFILE,
        "profile_class",
        choice(dict(ProfileClass.__members__)),
        "class in the metadata",
        option="--class",
        named="class",
    ),
    Setting(
        _PROFILE,
        "ppr",
        or_none(list_of(choice(dict(PprId.__members__)), frozenset)),
        "Profile policy rules",
    ),
    Setting(_PROFILE, "msisdn", or_none(text_of(21, "a number")), "own number, EF.MSISDN"),
    Setting(
        _PROFILE,
        "contacts",
        map_of(text_of(16), text_of(21, "a number"), lambda pairs: tuple(pairs.items())),
        "entries of the phone book, number by name",
    ),
    Setting(_PROFILE, "menu_title", text_of(100), "title of the toolkit menu"),
    Setting(
        _PROFILE,
        "menu",
        map_of(text_of(100), text_of(127, "an action"), lambda pairs: tuple(pairs.items())),
        "items of a toolkit menu: what each does, show:TEXT, send:NUMBER:TEXT or locate:TEXT",
    ),
    Setting(_PROFILE, "gid1", or_none(hexadecimal(1, 255)), "content of EF.GID1"),
    Setting(_PROFILE, "gid2", or_none(hexadecimal(1, 255)), "content of EF.GID2"),
    Setting(
        _PROFILE,
        "owner",
        text_of(6, "MCC and MNC, 5 or 6 digits,"),
        "MCC and MNC of profileOwner; by default those of the IMSI",
    ),
    Setting(
        _PROFILE,
        "notification_addresses",
        list_of(TEXT, tuple, most=8),
        "servers that get a Notification of every event; by default this one",
    ),
    Setting(_PROFILE, "icon", or_none(BASE64_OCTETS), "icon, PNG or JPG of at most 1,024 octets"),
    Setting(_PROFILE, "kic", _KEY, "ciphering key of the SCP80 key set"),
    Setting(_PROFILE, "kid", _KEY, "integrity key of the SCP80 key set"),
    Setting(_PROFILE, "dek", _KEY, "data encryption key of the SCP80 key set"),
    Setting(_PROFILE, "pin1", _PIN, "PIN1, 4 to 8 digits in ASCII"),
    Setting(_PROFILE, "pin2", _PIN, "PIN2, 4 to 8 digits in ASCII"),
    Setting(_PROFILE, "puk1", _CODE, "eight digits in ASCII that unblock PIN1"),
    Setting(_PROFILE, "puk2", _CODE, "eight digits in ASCII that unblock PIN2"),
    Setting(_PROFILE, "adm1", _CODE, "ADM1, which guards most files"),
    Setting(_PROFILE, "adm2", _CODE, "ADM2, which guards none"),
    Setting(_PROFILE, "size", count(1, 4 << 20), "size of the package in octets"),
    *(Setting(_PROFILE, *word) for word in newer_words.WORDS),
)
"""Every setting."""


def settings_of(*areas: Area) -> tuple[Setting, ...]:
    """Returns the settings of some areas, in the order of the table."""
    return tuple(one for one in SETTINGS if one.area in areas)


def settings_of_sm_ds() -> tuple[Setting, ...]:
    """Returns the settings of the policy that an SM-DS has as well."""
    return tuple(one for one in settings_of(Area.POLICY) if one.name in _OF_SM_DS)


def read_settings(body: Mapping[str, object], settings: Iterable[Setting]) -> dict[str, Any]:
    """Reads some settings in a JSON object.

    Raises:
        DecodeError: as `read_members`.
    """
    return _read(body, {one.member: one for one in settings}, ())


def read_members(
    body: Mapping[str, object], *areas: Area, others: Iterable[str] = ()
) -> dict[str, Any]:
    """Reads the settings in a JSON object.

    Args:
        body: The object.
        areas: Which settings it may have.
        others: Further members it may have, which are left alone.

    Returns:
        The values that are there, by name in Python.

    Raises:
        DecodeError: a member is unknown (the message lists those that are known), or a value is not
            of its kind. Nothing was set.
    """
    return _read(body, {one.member: one for one in settings_of(*areas)}, others)


def read_words(words: Mapping[str, object], settings: Iterable[Setting]) -> dict[str, Any]:
    """Reads settings given by their names in Python, with values as in JSON.

    Raises:
        DecodeError: a word is unknown (the message lists those that are known), or a value is not
            of its kind.
    """
    return _read(words, {one.name: one for one in settings}, ())


def policy_with(policy: Policy, values: Mapping[str, Any]) -> Policy:
    """Returns a policy with the values of the areas policy and binding that are given."""
    of_binding = {one.name for one in settings_of(Area.BINDING)}
    binding = {name: value for name, value in values.items() if name in of_binding}
    others: dict[str, Any] = {n: value for n, value in values.items() if n not in of_binding}
    return replace(policy, **others, binding=replace(policy.binding, **binding))


def _read(
    body: Mapping[str, object], by_word: Mapping[str, Setting], others: Iterable[str]
) -> dict[str, Any]:
    known = (*others, *by_word)
    unknown = sorted(name for name in body if name not in known)
    if unknown:
        raise DecodeError(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")
    values = {}
    for member, setting in by_word.items():
        if member in body:
            try:
                values[setting.name] = setting.kind.read(body[member])
            except DecodeError as error:
                raise DecodeError(f"{member}: {error}") from error
    return values
