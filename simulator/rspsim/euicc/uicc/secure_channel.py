"""The security domains of the enabled Profile on a logical channel: SCP03 and what it opens.

SELECT by AID; INITIALIZE UPDATE and EXTERNAL AUTHENTICATE open a session of the level asked for;
the commands of a security domain then need it. A failed check ends the session. Selection, reset
and the close of the channel end it too (GlobalPlatform Amendment D; Card Specification, 10 and 11).
"""

from collections.abc import Callable
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import CryptoError
from rspcore.frozen import replace
from rspcore.ota.scp03 import Scp03Keys, Scp03Session, card_challenge
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import SecurityDomain
from rspsim.euicc.state import Profile, SecureChannel
from rspsim.euicc.uicc.application import Selectable
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.ota import domain as domain_commands
from rspsim.euicc.uicc.ota.domain_session import DomainContext
from rspsim.euicc.uicc.ota.key_use import Protocol, declared, keys_for
from rspsim.euicc.uicc.ota.receivers import with_domain

__all__ = [
    "CHALLENGE",
    "ENDS_ON_FAILURE",
    "ENDS_ON_INITIALIZE",
    "ENDS_ON_SELECT",
    "HOST_PROVED",
    "LEVEL_OFFERED",
    "NEEDS_SESSION",
    "NOT_GREETED",
    "SCP_IDENTIFIER",
    "UNWRAPPED",
    "domains",
    "process_domain",
    "select_domain",
]

_CHALLENGE = 8
_KEY_DIVERSIFICATION = bytes(10)
_ALL_OPTIONS = 0x70
_PSEUDO_RANDOM, _R_MAC, _R_ENC = 0x10, 0x20, 0x40
_LEVELS: Final = frozenset({0x00, 0x01, 0x03, 0x11, 0x13, 0x33})
_LAST_SEQUENCE = 0xFFFFFF
_AES = 0x88
_HOST_WRONG = 0x6300
_WITHOUT_SESSION: Final = frozenset({Ins.GET_DATA})


def _identifier(one: SecurityDomain) -> bytes:
    """Returns the identifier of the protocol and its parameter i, as the package declares them."""
    options = [named[1] for named in declared(one) if named[0] == Protocol.SCP03 and named[1:]]
    return bytes((Protocol.SCP03, options[0] if options else _ALL_OPTIONS))


SCP_IDENTIFIER: Final[Decision[Callable[[SecurityDomain], bytes]]] = Decision(
    "scp03.identifier", _identifier, "SCP identifier and its parameter i"
)


def _level_offered(level: int, options: int) -> bool:
    """Returns whether parameter i allows a security level (Amendment D, 5.1 and 7.1)."""
    if level not in _LEVELS or (level & 0x10 and not options & _R_MAC):
        return False
    return not level & 0x20 or bool(options & _R_ENC)


LEVEL_OFFERED: Final[Decision[Callable[[int, int], bool]]] = Decision(
    "scp03.level_offered", _level_offered, "whether EXTERNAL AUTHENTICATE may ask for a level"
)


def _host_proved(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    return session.accept(command)


HOST_PROVED: Final = Decision("scp03.host_proved", _host_proved, "how the host is authenticated")


def _unwrapped(session: Scp03Session, command: CommandApdu) -> tuple[CommandApdu, Scp03Session]:
    return session.unwrap(command)


UNWRAPPED: Final = Decision("scp03.unwrapped", _unwrapped, "how a command is verified and opened")
CHALLENGE: Final[Decision[Callable[[Scp03Keys, int, bytes], bytes]]] = Decision(
    "scp03.challenge", card_challenge, "card challenge of a session"
)
NOT_GREETED: Final = Decision(
    "scp03.not_greeted",
    int(StatusWord.CONDITIONS_NOT_SATISFIED),
    "status word of EXTERNAL AUTHENTICATE without INITIALIZE UPDATE",
)
NEEDS_SESSION: Final[Decision[Callable[[SecureChannel | None], bool]]] = Decision(
    "scp03.needs_session",
    lambda secure: secure is None or not secure.authenticated,
    "whether a management command lacks its session",
)
ENDS_ON_FAILURE: Final = Decision(
    "scp03.ends_on_failure", standard=True, summary="a failed check ends the session"
)
ENDS_ON_SELECT: Final = Decision(
    "scp03.ends_on_select", standard=True, summary="selection ends a session"
)
ENDS_ON_INITIALIZE: Final = Decision(
    "scp03.ends_on_initialize", standard=True, summary="INITIALIZE UPDATE ends a session"
)


def select_domain(one: SecurityDomain, view: View) -> Outcome:
    """Answers SELECT of a security domain with its FCI."""
    secure = None if view.decisions[ENDS_ON_SELECT] else view.channel.secure
    channel = replace(view.channel, application=one.aid, secure=secure)
    management = tlv.encode(0x9F65, b"\xff")
    fci = tlv.encode(0x6F, tlv.encode(0x84, one.aid.octets), tlv.encode(0xA5, management))
    return view.with_channel(channel).outcome(fci)


def domains(view: View) -> tuple[Selectable, ...]:
    """Returns the security domains of the enabled Profile."""
    content = CommandContext.of(view).content
    return tuple(Selectable(one.aid, _opens(one)) for one in content.security_domains)


def _opens(one: SecurityDomain) -> Callable[[View], Outcome]:
    def select(view: View) -> Outcome:
        return select_domain(one, view)

    return select


def _domain_of(view: View) -> tuple[Profile, SecurityDomain] | None:
    profile = view.state.enabled_profile
    if profile is None:
        return None
    for one in profile.content.security_domains:
        if one.aid == view.channel.application:
            return profile, one
    return None


def _keys(one: SecurityDomain, version: int, decisions: Decisions) -> Scp03Keys | None:
    """Returns a key set of AES keys 1 to 3, all of one size; version 0 means the first there is."""
    versions = [version] if version else sorted({key.version for key in one.keys})
    for number in versions:
        held = keys_for(decisions, one, Protocol.SCP03, number)
        aes = {key.identifier: key.value for key in held.values() if key.key_type == _AES}
        if {1, 2, 3} <= aes.keys() and len({len(aes[n]) for n in (1, 2, 3)}) == 1:
            return Scp03Keys(number, aes[1], aes[2], aes[3])
    return None


def process_domain(command: CommandApdu, view: View) -> Outcome:
    """Answers a command on a channel that has a security domain selected."""
    found = _domain_of(view)
    if found is None:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    profile, one = found
    if command.ins == Ins.INITIALIZE_UPDATE:
        return _initialize_update(command, view, profile, one)
    if command.ins == Ins.EXTERNAL_AUTHENTICATE:
        return _external_authenticate(command, view, one)
    return _managed(command, view, profile, one)


def _initialize_update(
    command: CommandApdu, view: View, profile: Profile, one: SecurityDomain
) -> Outcome:
    if len(command.data) != _CHALLENGE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    keys = _keys(one, command.p1, view.decisions)
    if keys is None:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
    counters = dict(one.sequence_counters)
    counter = counters.get(keys.version, 0)
    if counter == _LAST_SEQUENCE:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    named = view.decisions[SCP_IDENTIFIER](one)
    counted_challenge = bool(named[1] & _PSEUDO_RANDOM)
    if counted_challenge:
        challenge = view.decisions[CHALLENGE](keys, counter, one.aid.octets)
    else:
        challenge = view.rng.octets(_CHALLENGE)
    session = Scp03Session.open(keys, command.data, challenge)
    counted = replace(
        one, sequence_counters=tuple(sorted({**counters, keys.version: counter + 1}.items()))
    )
    state = view.state.with_profile(with_domain(profile, counted))
    running = view.channel.secure
    secure = SecureChannel(session=session, version=keys.version)
    if running is not None and running.authenticated and not view.decisions[ENDS_ON_INITIALIZE]:
        secure = running
    data = (
        _KEY_DIVERSIFICATION
        + bytes((keys.version,))
        + named
        + challenge
        + session.card_cryptogram
        + (counter.to_bytes(3, "big") if counted_challenge else b"")
    )
    return view.with_channel(replace(view.channel, secure=secure)).outcome(data, state=state)


def _closed(view: View, sw: int) -> Outcome:
    return view.with_channel(replace(view.channel, secure=None)).outcome(sw=sw)


def _external_authenticate(command: CommandApdu, view: View, one: SecurityDomain) -> Outcome:
    secure = view.channel.secure
    if secure is None or secure.authenticated:
        return _closed(view, view.decisions[NOT_GREETED])
    options = view.decisions[SCP_IDENTIFIER](one)[1]
    if command.p2 or not view.decisions[LEVEL_OFFERED](command.p1, options):
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    try:
        session = view.decisions[HOST_PROVED](secure.session, command)
    except CryptoError:
        return _closed(view, _HOST_WRONG)
    opened = replace(secure, session=session, authenticated=True)
    return view.with_channel(replace(view.channel, secure=opened)).outcome()


def _managed(command: CommandApdu, view: View, profile: Profile, one: SecurityDomain) -> Outcome:
    """Removes the secure messaging, carries the command out, protects the answer."""
    secure = view.channel.secure
    authenticated = secure is not None and secure.authenticated
    if command.ins not in _WITHOUT_SESSION and view.decisions[NEEDS_SESSION](secure):
        return view.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    session = None
    if secure is not None and authenticated:
        try:
            command, session = view.decisions[UNWRAPPED](secure.session, command)
        except CryptoError:
            if not view.decisions[ENDS_ON_FAILURE]:
                return view.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
            return _closed(view, StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    keys = None if secure is None else _keys(one, secure.version, view.decisions)
    context = DomainContext(
        state=view.state,
        decisions=view.decisions,
        profile=profile.aid,
        domain=one.aid,
        version=0 if secure is None else secure.version,
        dek=b"" if keys is None else keys.dek,
        target=None if secure is None else secure.target,
        stored=b"" if secure is None else secure.stored,
        block=0 if secure is None else secure.block,
    )
    response, context = domain_commands.run(command, context)
    if secure is not None and session is not None:
        response = session.wrap_response(response)
        secure = replace(
            secure,
            session=session,
            target=context.target,
            stored=context.stored,
            block=context.block,
        )
    after = view.with_channel(replace(view.channel, secure=secure))
    return _answered(after, response, context)


def _answered(view: View, response: ResponseApdu, context: DomainContext) -> Outcome:
    return view.outcome(response.data, response.sw, state=context.state)
