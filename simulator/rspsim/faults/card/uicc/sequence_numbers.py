"""Faults of sequence numbers, of what a MAC covers, and of the scheme chosen for a SUCI."""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.aka.algorithm import AkaAlgorithm, AkaVector
from rspcore.crypto.suci import ProtectionScheme
from rspcore.frozen import dataclass, replace
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, ProfileContent
from rspsim.euicc.uicc.commands import authenticate, identity
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, Change, swap
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.uicc.content_changes import having_content, only_when, with_content

__all__ = ["FAULTS"]

_GSM = 0x80
_IND_BITS = 5
_MILENAGE, _TUAK, _TEST = 1, 2, 3
_USUAL_AMF = b"\x80\x00"
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Changed:
    """An algorithm of which one function is another.

    Attributes:
        sound: The algorithm.
        mac: Changes number and AMF before f1.
        results: Changes the results of f2 to f5.
    """

    sound: AkaAlgorithm
    mac: Callable[[bytes, bytes], tuple[bytes, bytes]] = lambda sqn, amf: (sqn, amf)
    results: Callable[[AkaVector], AkaVector] = lambda vector: vector

    def vector(self, rand: bytes) -> AkaVector:
        return self.results(self.sound.vector(rand))

    def mac_a(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        return self.sound.mac_a(rand, *self.mac(sqn, amf))

    def mac_s(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        return self.sound.mac_s(rand, sqn, amf)

    def resync_ak(self, rand: bytes) -> bytes:
        return self.sound.resync_ak(rand)


def _computing(
    number: int,
    mac: Callable[[bytes, bytes], tuple[bytes, bytes]] = lambda sqn, amf: (sqn, amf),
    results: Callable[[AkaVector], AkaVector] = lambda vector: vector,
) -> Change:
    """Returns a change of one algorithm."""

    def algorithm(parameters: AkaParameters) -> AkaAlgorithm:
        sound = authenticate.ALGORITHM.standard(parameters)
        return _Changed(sound, mac, results) if parameters.algorithm == number else sound

    return swap(authenticate.ALGORITHM, algorithm)


def _keys_exchanged(vector: AkaVector) -> AkaVector:
    return replace(vector, ck=vector.ik, ik=vector.ck)


def _last_index(parameters: AkaParameters) -> int:
    """Returns the number of the last index that was ever used."""
    used = [index for index, seq in enumerate(parameters.seq) if seq]
    index = used[-1] if used else 0
    return parameters.seq[index] << _IND_BITS | index


def _last_accepted(parameters: AkaParameters, seq: int, ind: int) -> bool:
    standard = authenticate.SQN_FRESH.standard(parameters, seq, ind)
    return standard or (seq > 0 and seq == parameters.seq[ind])


def _forgotten(content: ProfileContent) -> ProfileContent:
    aka = tuple(replace(one, seq=(0,) * len(one.seq)) for one in content.aka)
    return replace(content, aka=aka)


def _forgetting(handler: Handler) -> Handler:
    """Answers, and begins with the sequence numbers anew."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return with_content(handler(command, view), _forgotten)

    return run


def _own_numbers(handler: Handler) -> Handler:
    """Answers as if no number had been accepted."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return handler(command, having_content(view, _forgotten))

    return run


def _user_verified(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        known = view.volatile.verified_pins | {((), 0x01)}
        outcome = handler(
            command, replace(view, volatile=replace(view.volatile, verified_pins=known))
        )
        volatile = replace(outcome.volatile, verified_pins=view.volatile.verified_pins)
        return replace(outcome, volatile=volatile)

    return run


def _first_alone(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    return identity.SCHEME.standard(pairs[:1], keys)


def _profile_a_first(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    return identity.SCHEME.standard(
        sorted(pairs, key=lambda pair: pair[0] != ProtectionScheme.PROFILE_A), keys
    )


def _first_key(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    found = identity.SCHEME.standard(pairs, keys)
    return found if found is None or not found[1] else (found[0], 1)


def _null_last(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    return identity.SCHEME.standard(
        sorted(pairs, key=lambda pair: pair[0] == ProtectionScheme.NULL), keys
    )


def _unknown_is_null(pairs: Pairs, keys: int, /) -> tuple[int, int] | None:
    known = tuple(ProtectionScheme)
    first = pairs[0] if pairs else (0, 0)
    return identity.SCHEME.standard(pairs, keys) if first[0] in known else (0, 0)


def _of_32_bits(parameters: AkaParameters, seq: int, ind: int) -> bool:
    """Compares the lowest 32 bits of SEQ."""
    low = tuple(one & 0xFFFFFFFF for one in parameters.seq)
    return authenticate.SQN_FRESH.standard(replace(parameters, seq=low), seq & 0xFFFFFFFF, ind)


FAULTS: Final = (
    CardFault(
        "aka.number-of-32-bits",
        "SEQ is compared in its lowest 32 bits.",
        ("UICC.Authenticate#19",),
        swap(authenticate.SQN_FRESH, _of_32_bits),
    ),
    CardFault(
        "aka.one-number-for-all",
        "A sequence number has to be above the highest of every index.",
        ("UICC.Authenticate#09",),
        swap(authenticate.SQN_FRESH, lambda p, seq, _ind: seq > max(p.seq)),
    ),
    CardFault(
        "aka.auts-of-the-last-index",
        "AUTS names the number of the last index in use.",
        ("UICC.Authenticate#10",),
        swap(authenticate.HELD, _last_index),
    ),
    CardFault(
        "aka.last-number-accepted",
        "The number accepted last is accepted again.",
        ("UICC.Authenticate#03", "UICC.Authenticate#11"),
        swap(authenticate.SQN_FRESH, _last_accepted),
    ),
    CardFault(
        "aka.amf-not-in-the-mac",
        "The MAC is computed with a constant AMF.",
        ("UICC.Authenticate#12",),
        _computing(_MILENAGE, mac=lambda sqn, _amf: (sqn, _USUAL_AMF)),
    ),
    CardFault(
        "aka.separation-bit-not-in-the-mac",
        "The MAC is computed with the separation bit of the AMF set.",
        ("UICC.Authenticate#24",),
        _computing(_MILENAGE, mac=lambda sqn, amf: (sqn, bytes((amf[0] | 0x80,)) + amf[1:])),
    ),
    CardFault(
        "aka.number-not-in-the-mac",
        "The first octet of the sequence number is not part of the MAC.",
        ("UICC.Authenticate#13",),
        _computing(_MILENAGE, mac=lambda sqn, amf: (b"\0" + sqn[1:], amf)),
    ),
    CardFault(
        "aka.gsm-context-forgets",
        "The GSM context sets the sequence numbers back.",
        ("UICC.Authenticate#14",),
        instead(Ins.AUTHENTICATE, only_when(lambda c, _: c.p2 == _GSM, _forgetting)),
    ),
    CardFault(
        "aka.numbers-of-a-channel",
        "Channels other than the basic one begin with sequence numbers of their own.",
        ("UICC.Authenticate#15",),
        instead(Ins.AUTHENTICATE, only_when(lambda _, v: v.channel_number != 0, _own_numbers)),
    ),
    CardFault(
        "aka.without-the-user",
        "AUTHENTICATE does not ask for PIN1.",
        ("UICC.Authenticate#16",),
        instead(Ins.AUTHENTICATE, _user_verified),
    ),
    CardFault(
        "aka.tuak-keys-exchanged",
        "TUAK gives IK as CK and CK as IK.",
        ("UICC.Authenticate#17",),
        _computing(_TUAK, results=_keys_exchanged),
    ),
    CardFault(
        "aka.test-keys-exchanged",
        "The test algorithm gives IK as CK and CK as IK.",
        ("UICC.Authenticate#18",),
        _computing(_TEST, results=_keys_exchanged),
    ),
    CardFault(
        "get-identity.first-scheme-alone",
        "A first scheme that cannot be used leaves no identity.",
        ("UICC.GetIdentity#08", "UICC.GetIdentity#09", "UICC.GetIdentity#13"),
        swap(identity.SCHEME, _first_alone),
    ),
    CardFault(
        "get-identity.profile-a-first",
        "Profile A is taken wherever it stands in the list.",
        ("UICC.GetIdentity#10", "UICC.GetIdentity#12"),
        swap(identity.SCHEME, _profile_a_first),
    ),
    CardFault(
        "get-identity.first-key",
        "The first key is taken, whatever number stands beside the scheme.",
        ("UICC.GetIdentity#11",),
        swap(identity.SCHEME, _first_key),
    ),
    CardFault(
        "get-identity.null-last",
        "The null scheme is taken only when nothing else can be used.",
        ("UICC.GetIdentity#12",),
        swap(identity.SCHEME, _null_last),
    ),
    CardFault(
        "get-identity.unknown-is-null",
        "An unknown scheme is taken as the null scheme.",
        ("UICC.GetIdentity#08",),
        swap(identity.SCHEME, _unknown_is_null),
    ),
)
