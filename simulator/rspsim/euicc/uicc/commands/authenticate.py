"""AUTHENTICATE in 3G, IMS and GSM contexts (3GPP TS 31.102, 7.1.2; TS 33.102, 6.3 and annex C).

The MAC is checked first: a wrong one is 9862 and changes nothing. Then the sequence number: SEQ
must be above the one stored for its IND and not too far from the highest; otherwise the card
answers with AUTS. An accepted number is written before the answer, so that no AUTN works twice.

With authCounterMax in the package, every use of the key is counted, a wrong MAC as well, so that
the key cannot be queried without limit; when the limit is reached the answer is 6985. The format
names the limit and no status word: this is our reading.
"""

from collections.abc import Callable
from typing import Final

from rspcore import length_values
from rspcore.apdu import CommandApdu
from rspcore.crypto.aka.algorithm import AkaAlgorithm, gsm_triplet, xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.crypto.aka.tuak import Tuak
from rspcore.crypto.aka.usim_test_algorithm import UsimTestAlgorithm
from rspcore.frozen import replace
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import AkaParameters, ProfileContent
from rspsim.euicc.uicc.access import find_pin, pin_holds
from rspsim.euicc.uicc.command_context import CommandContext

__all__ = [
    "ALGORITHM",
    "HELD",
    "MAC_RIGHT",
    "SQN_FRESH",
    "USE_LEFT",
    "authenticate",
    "parameters_of",
    "user_verified",
]

_GSM, _3G = 0x80, 0x81
_SUCCESS, _RESYNC = b"\xdb", b"\xdc"
_IND_BITS = 5
_TEST_RES_128 = 0x02
_DELTA_LIMIT, _AGE_LIMIT = 0x08, 0x10
_GSM_ACCESS_SERVICE = 27
_UST = 0x6F38
_ISIM = bytes.fromhex("A0000000871004")


def _algorithm(parameters: AkaParameters) -> AkaAlgorithm:
    """Returns the algorithm of an NAA with its key and constants."""
    if parameters.algorithm == 1:
        xoring = tuple(parameters.xoring[n : n + 16] for n in range(0, 80, 16))
        return Milenage(parameters.key, parameters.opc, parameters.rotation, xoring)
    if parameters.algorithm == 2:
        options = parameters.options
        return Tuak(
            parameters.key,
            parameters.opc,
            res_length=4 << (options & 3),
            mac_length=8 << (options >> 2 & 3),
            ck_length=32 if options & 0x10 else 16,
            ik_length=32 if options & 0x20 else 16,
            iterations=parameters.keccak_iterations,
        )
    return UsimTestAlgorithm(parameters.key, 16 if parameters.options & _TEST_RES_128 else 8)


def _fresh(parameters: AkaParameters, seq: int, ind: int) -> bool:
    """Returns whether a sequence number is acceptable (TS 33.102, C.2)."""
    highest = max(parameters.seq)
    if seq <= parameters.seq[ind]:
        return False
    if parameters.sqn_options & _DELTA_LIMIT and seq - highest > parameters.sqn_delta:
        return False
    limited = parameters.sqn_options & _AGE_LIMIT
    return not (limited and highest - seq > parameters.sqn_age_limit)


def _held(parameters: AkaParameters) -> int:
    """Returns the highest number accepted, its index included."""
    highest = max(parameters.seq)
    return highest << _IND_BITS | parameters.seq.index(highest)


ALGORITHM: Final = Decision("uicc.aka_algorithm", _algorithm, "algorithm an NAA computes with")
SQN_FRESH: Final[Decision[Callable[[AkaParameters, int, int], bool]]] = Decision(
    "uicc.sqn_fresh", _fresh, "whether a sequence number is acceptable"
)
HELD: Final[Decision[Callable[[AkaParameters], int]]] = Decision(
    "uicc.sqn_held", _held, "number that AUTS names"
)
MAC_RIGHT: Final[Decision[Callable[[bytes, bytes], bool]]] = Decision(
    "uicc.aka_mac", lambda given, computed: given == computed, "whether MAC-A fits"
)
USE_LEFT: Final[Decision[Callable[[AkaParameters], bool]]] = Decision(
    "uicc.aka_use_left",
    lambda p: p.counter_max is None or p.counter < p.counter_max,
    "whether a key may be used once more",
)


def parameters_of(content: ProfileContent, adf: bytes) -> AkaParameters | None:
    """Returns the parameters an ADF authenticates with, those of another NAA when mapped."""
    one = content.files.adf(adf)
    own = next((p for p in content.aka if one is not None and p.context == one.path), None)
    if own is None or not own.mapped_to or own.mapped_to == adf:
        return own
    source = content.files.adf(own.mapped_to)
    return next((p for p in content.aka if source is not None and p.context == source.path), None)


def _service_27(context: CommandContext, adf: tuple[int, ...]) -> bool:
    table = context.file((*adf, _UST))
    position = (_GSM_ACCESS_SERVICE - 1) // 8
    bit = 1 << (_GSM_ACCESS_SERVICE - 1) % 8
    return table is not None and len(table.body) > position and bool(table.body[position] & bit)


def authenticate(command: CommandApdu, view: View) -> Outcome:
    """Answers a challenge of the network for the NAA selected on the channel."""
    context = CommandContext.of(view)
    adf = None if context.place.adf is None else context.file(context.place.adf)
    parameters = None if adf is None else parameters_of(context.content, adf.aid)
    if adf is None or parameters is None:
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    if command.p1:
        return context.refuse(StatusWord.INCORRECT_P1_P2)
    fields = length_values.read(command.data)
    contexts = {_GSM: [16], _3G: [16, 16]}
    if adf.aid.startswith(_ISIM):  # an ISIM has only the IMS context (TS 31.103, 7.1)
        del contexts[_GSM]
    wanted = contexts.get(command.p2)
    if wanted is None:
        return context.refuse(StatusWord.AUTHENTICATION_ERROR_CONTEXT)
    if fields is None or [len(field) for field in fields] != wanted:
        return context.refuse(StatusWord.WRONG_LENGTH if fields is None else StatusWord.WRONG_DATA)
    if not user_verified(context):
        return context.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    if not view.decisions[USE_LEFT](parameters):
        return context.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    if command.p2 == _GSM:
        return _counted(_gsm(context, parameters, fields[0]), parameters)
    return _counted(_umts(context, parameters, fields[0], fields[1]), parameters)


def _counted(outcome: Outcome, parameters: AkaParameters) -> Outcome:
    """Counts one use of a key whose uses are limited."""
    profile = outcome.state.enabled_profile
    if parameters.counter_max is None or profile is None:
        return outcome
    aka = tuple(
        replace(p, counter=p.counter + 1) if p.context == parameters.context else p
        for p in profile.content.aka
    )
    used = replace(profile, content=replace(profile.content, aka=aka))
    return replace(outcome, state=outcome.state.with_profile(used))


def _gsm(context: CommandContext, parameters: AkaParameters, rand: bytes) -> Outcome:
    algorithm = context.view.decisions[ALGORITHM](parameters)
    sres, kc = gsm_triplet(algorithm.vector(rand))
    return context.outcome(length_values.encode(sres, kc))


def user_verified(context: CommandContext) -> bool:
    """Returns whether the user is verified, as for reading EF.IMSI (TS 31.102, 7.1.2)."""
    pin = find_pin(context.content, (), 0x01)
    return pin is None or pin_holds(context.view.volatile.verified_pins, pin)


def _umts(context: CommandContext, parameters: AkaParameters, rand: bytes, autn: bytes) -> Outcome:
    decisions = context.view.decisions
    algorithm = decisions[ALGORITHM](parameters)
    vector = algorithm.vector(rand)
    sqn = xor(autn[:6], vector.ak)
    amf, mac = autn[6:8], autn[8:]
    if not decisions[MAC_RIGHT](mac, algorithm.mac_a(rand, sqn, amf)):
        return context.refuse(StatusWord.AUTHENTICATION_ERROR_MAC)
    number = int.from_bytes(sqn, "big")
    seq, ind = number >> _IND_BITS, number & (1 << _IND_BITS) - 1
    if not decisions[SQN_FRESH](parameters, seq, ind):
        held = decisions[HELD](parameters)
        return context.outcome(_RESYNC + length_values.encode(_auts(held, algorithm, rand)))
    numbers = tuple(seq if n == ind else old for n, old in enumerate(parameters.seq))
    changed = replace(parameters, seq=numbers)
    data = _SUCCESS + length_values.encode(vector.res, vector.ck, vector.ik)
    if context.place.adf is not None and _service_27(context, context.place.adf):
        data += length_values.encode(gsm_triplet(vector)[1])
    others = tuple(changed if p.context == parameters.context else p for p in context.content.aka)
    return context.written(replace(context.content, aka=others), data)


def _auts(number: int, algorithm: AkaAlgorithm, rand: bytes) -> bytes:
    """Returns AUTS for the number the card holds (TS 33.102, 6.3.3)."""
    held = number.to_bytes(6, "big")
    return xor(held, algorithm.resync_ak(rand)) + algorithm.mac_s(rand, held, bytes(2))
