"""S_Host: who manages a security domain of the Profile on a logical channel, by SCP03.

`with_scp03` puts the protocol and its key sets into the MNO-SD of a Profile; a `Scp03Host` selects
the domain, opens a session and sends commands in it, or parts of that with something wrong.

Source: GlobalPlatform Amendment D, 5 to 7; Card Specification, 11.8.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu, class_for
from rspcore.errors import CryptoError
from rspcore.frozen import dataclass, replace
from rspcore.ota.scp03 import Scp03Keys, Scp03Session, key_check_value, wrap_key
from rspcore.profile_maker import TestProfile, own_secret
from rspcore.profile_maker.editing import edited
from rspcore.status import describe, is_success
from rspharness.card import expect
from rspharness.card.card_under_test import Card

__all__ = [
    "MNO_SD",
    "Greeting",
    "Scp03Host",
    "host_keys",
    "is_open",
    "key_information",
    "put_key",
    "with_scp03",
]

MNO_SD: Final = bytes.fromhex("A000000151000000")
"""AID of the MNO-SD in the test profiles."""

_BY_NAME: Final = 0x04
_AES: Final = 0x88
_CHALLENGE: Final = bytes.fromhex("0102030405060708")
_GREETING_OCTETS: Final = (29, 32)
_SCP80: Final = bytes.fromhex("81028000")
_ENC, _MAC, _DEK = 1, 2, 3
_USAGE: Final[Mapping[int, int]] = {_ENC: 0x38, _MAC: 0x34, _DEK: 0xC8}


def host_keys(version: int = 0x30, size: int = 16) -> Scp03Keys:
    """Returns a key set of these suites: three keys of 16, 24 or 32 octets that differ by set.

    They depend on the seed of the run.
    """
    enc, mac, dek = (
        own_secret(f"SCP03 {version:02X} {number}", size) for number in (_ENC, _MAC, _DEK)
    )
    return Scp03Keys(version, enc, mac, dek)


def with_scp03(
    one: TestProfile,
    *sets: Scp03Keys,
    protocols: bytes = _SCP80 + bytes.fromhex("81020370"),
    usage: Mapping[int, int] = _USAGE,
) -> TestProfile:
    """Returns the Profile whose MNO-SD has these key sets and was installed with these protocols.

    Args:
        one: The Profile.
        sets: Key sets.
        protocols: Data objects 81 of the install parameters.
        usage: Usage qualifier of each key, by its identifier.
    """

    def change(domain: dict[str, Any]) -> dict[str, Any]:
        instance = dict(domain["instance"])
        parameters = bytes(instance["applicationSpecificParametersC9"])
        instance["applicationSpecificParametersC9"] = parameters.replace(_SCP80, protocols, 1)
        added = [
            {
                "keyUsageQualifier": bytes((usage[number],)),
                "keyIdentifier": bytes((number,)),
                "keyVersionNumber": bytes((keys.version,)),
                "keyComponents": [{"keyType": bytes((_AES,)), "keyData": value}],
            }
            for keys in sets
            for number, value in ((_ENC, keys.enc), (_MAC, keys.mac), (_DEK, keys.dek))
        ]
        return domain | {"instance": instance, "keyList": [*domain["keyList"], *added]}

    return replace(one, upp=edited(one.upp, "securityDomain", change))


def put_key(dek: bytes, new: Scp03Keys, *, replaces: int = 0, wrong_check: int = 0) -> CommandApdu:
    """Returns PUT KEY of a whole set.

    Args:
        dek: Key under which the keys are sent.
        new: The set.
        replaces: Version that it replaces, 0 to add it.
        wrong_check: Identifier of the key whose check value is wrong, 0 for none.
    """
    data = bytes((new.version,))
    for number, key in ((_ENC, new.enc), (_MAC, new.mac), (_DEK, new.dek)):
        wrapped = wrap_key(dek, key + bytes(-len(key) % 16))
        check = key_check_value(key)
        if number == wrong_check:
            check = bytes((check[0] ^ 1,)) + check[1:]
        data += bytes((_AES, len(wrapped) + 1, len(key))) + wrapped + bytes((len(check),)) + check
    return CommandApdu(0x80, Ins.PUT_KEY, replaces, 0x81, data, 256)


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to INITIALIZE UPDATE.

    Attributes:
        version: Version of the key set in use.
        protocol: Identifier of the protocol and parameter i.
        challenge: Card challenge, 8 octets.
        cryptogram: Card cryptogram, 8 octets.
        counter: Sequence counter, None where the challenge is random.
    """

    version: int
    protocol: bytes
    challenge: bytes
    cryptogram: bytes
    counter: int | None


@dataclass(slots=True)
class Scp03Host:
    """One host and the card it talks to.

    Attributes:
        card: The card.
        keys: Key set of the sessions.
        channel: Logical channel, open.
        aid: Security domain.
        session: The session as the host has it; None before one.
    """

    card: Card
    keys: Scp03Keys = field(default_factory=host_keys, repr=False)
    channel: int = 0
    aid: bytes = MNO_SD
    session: Scp03Session | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Has what the card answers searched for the keys."""
        for name in ("enc", "mac", "dek"):
            self.card.secrets.add(f"SCP03 {name.upper()}", getattr(self.keys, name))

    def select(self) -> ResponseApdu:
        """Selects the security domain, which has to succeed."""
        cla = class_for(self.channel, proprietary=False)
        command = CommandApdu(cla, Ins.SELECT, _BY_NAME, 0x00, self.aid, 256)
        answer = self.card.transmit(command)
        expect.success(answer, "SELECT of the security domain")
        return answer

    def initialize(self, version: int | None = None, challenge: bytes = _CHALLENGE) -> ResponseApdu:
        """Sends INITIALIZE UPDATE and returns the answer as it is."""
        asked = self.keys.version if version is None else version
        cla = class_for(self.channel, proprietary=True)
        command = CommandApdu(cla, Ins.INITIALIZE_UPDATE, asked, 0x00, challenge, 256)
        return self.card.transmit(command)

    def greeted(self, version: int | None = None, challenge: bytes = _CHALLENGE) -> Greeting:
        """Sends INITIALIZE UPDATE, requires a right card cryptogram and returns the answer."""
        answer = self.initialize(version, challenge)
        expect.success(answer, "INITIALIZE UPDATE")
        expect.one_of(len(answer.data), _GREETING_OCTETS, "octets of the answer")
        data = answer.data
        counter = int.from_bytes(data[29:], "big") if len(data) > _GREETING_OCTETS[0] else None
        greeting = Greeting(data[10], data[11:13], data[13:21], data[21:29], counter)
        session = Scp03Session.open(self.keys, challenge, greeting.challenge)
        expect.equal(greeting.cryptogram, session.card_cryptogram, "card cryptogram")
        self.session = session
        return greeting

    def external(self, level: int) -> CommandApdu:
        """Returns EXTERNAL AUTHENTICATE for a level; the host counts on its success."""
        command, self.session = self._session.authenticate(level)
        return self.on_channel(command)

    def open(self, level: int) -> None:
        """Selects the domain and opens a session, which has to succeed."""
        self.select()
        self.greeted()
        answer = self.card.transmit(self.external(level))
        expect.success(answer, f"EXTERNAL AUTHENTICATE, level {level:02X}")

    def wrapped(self, command: CommandApdu) -> CommandApdu:
        """Returns a command protected as the level requires; the host has sent it then."""
        secured, self.session = self._session.wrap(command)
        return self.on_channel(secured)

    def on_channel(self, command: CommandApdu) -> CommandApdu:
        """Returns a command with the class octet of the channel, secure messaging as it is."""
        return replace(command, cla=command.cla & ~0x03 | self.channel)

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Sends a command in the session; an answer that is not protected as asked is a fail."""
        answer = self.card.transmit(self.wrapped(command))
        try:
            return self._session.unwrap_response(answer)
        except CryptoError as error:
            shown = f"SW {describe(answer.sw)}, {answer.data.hex(' ').upper()}"
            expect.that(
                holds=False, expected="a response protected as asked", actual=f"{shown}: {error}"
            )
            raise

    @property
    def _session(self) -> Scp03Session:
        if self.session is None:
            raise CryptoError("no session: greeted() comes first")
        return self.session


def key_information(data: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Returns the keys of GET DATA 00E0: version and identifier to type and length in octets."""
    found = {}
    for one in expect.data_object(data, 0xE0, "key information").children():
        value = bytes(one.value)
        if one.tag == 0xC0 and len(value) >= 4:
            found[value[1], value[0]] = (value[2], value[3])
    return found


def is_open(host: Scp03Host) -> bool:
    """Returns whether a session answers a harmless command, GET STATUS of the domain itself."""
    command = CommandApdu(0x80, Ins.GET_STATUS, 0x80, 0x02, tlv.encode(0x4F), 256)
    return is_success(host.card.transmit(host.wrapped(command)).sw)
