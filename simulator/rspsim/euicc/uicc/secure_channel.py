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
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import SecurityDomain
from rspsim.euicc.state import Profile, SecureChannel
from rspsim.euicc.uicc.application import Selectable
from rspsim.euicc.uicc.command_context import CommandContext
from rspsim.euicc.uicc.ota import domain as domain_commands
from rspsim.euicc.uicc.ota.domain_session import DomainContext
from rspsim.euicc.uicc.ota.receivers import with_domain

__all__ = ["HOST_PROVED", "SCP_IDENTIFIER", "domains", "process_domain", "select_domain"]

_CHALLENGE = 8
_KEY_DIVERSIFICATION = bytes(10)
SCP_IDENTIFIER: Final = Decision(
    "scp03.identifier", b"\x03\x70", "SCP identifier and its parameter i"
)
_LEVELS: Final = frozenset({0x00, 0x01, 0x03, 0x11, 0x13, 0x33})
_LAST_SEQUENCE = 0xFFFFFF
_HOST_WRONG = 0x6300
_WITHOUT_SESSION: Final = frozenset({Ins.GET_DATA})


def _host_proved(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    return session.accept(command)


HOST_PROVED: Final = Decision("scp03.host_proved", _host_proved, "how the host is authenticated")


def select_domain(one: SecurityDomain, view: View) -> Outcome:
    """Answers SELECT of a security domain with its FCI."""
    channel = replace(view.channel, application=one.aid, secure=None)
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


def _keys(one: SecurityDomain, version: int) -> Scp03Keys | None:
    """Returns a key set of AES keys 1 to 3; version 0 means the first there is."""
    versions = [version] if version else sorted({key.version for key in one.keys})
    for number in versions:
        aes = {
            k.identifier: k.value for k in one.keys if k.version == number and k.key_type == 0x88
        }
        if {1, 2, 3} <= aes.keys():
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
        return _external_authenticate(command, view)
    return _managed(command, view, profile, one)


def _initialize_update(
    command: CommandApdu, view: View, profile: Profile, one: SecurityDomain
) -> Outcome:
    if len(command.data) != _CHALLENGE:
        return view.refuse(StatusWord.WRONG_LENGTH)
    if command.p2:
        return view.refuse(StatusWord.INCORRECT_P1_P2)
    keys = _keys(one, command.p1)
    if keys is None:
        return view.refuse(StatusWord.REFERENCED_DATA_NOT_FOUND)
    counters = dict(one.sequence_counters)
    counter = counters.get(keys.version, 0)
    if counter == _LAST_SEQUENCE:
        return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
    challenge = card_challenge(keys, counter, one.aid.octets)
    session = Scp03Session.open(keys, command.data, challenge)
    counted = replace(
        one, sequence_counters=tuple(sorted({**counters, keys.version: counter + 1}.items()))
    )
    state = view.state.with_profile(with_domain(profile, counted))
    secure = SecureChannel(session=session, version=keys.version)
    data = (
        _KEY_DIVERSIFICATION
        + bytes((keys.version,))
        + view.decisions[SCP_IDENTIFIER]
        + challenge
        + session.card_cryptogram
        + counter.to_bytes(3, "big")
    )
    return view.with_channel(replace(view.channel, secure=secure)).outcome(data, state=state)


def _closed(view: View, sw: int) -> Outcome:
    return view.with_channel(replace(view.channel, secure=None)).outcome(sw=sw)


def _external_authenticate(command: CommandApdu, view: View) -> Outcome:
    secure = view.channel.secure
    if secure is None or secure.authenticated:
        return _closed(view, StatusWord.CONDITIONS_NOT_SATISFIED)
    if command.p1 not in _LEVELS or command.p2:
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
    if not authenticated and command.ins not in _WITHOUT_SESSION:
        return view.refuse(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    session = None
    if secure is not None and authenticated:
        try:
            command, session = secure.session.unwrap(command)
        except CryptoError:
            return _closed(view, StatusWord.SECURITY_STATUS_NOT_SATISFIED)
    keys = None if secure is None else _keys(one, secure.version)
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
