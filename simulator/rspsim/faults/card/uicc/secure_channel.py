"""Faults of SCP03: the handshake, secure messaging, the life of a session, key sets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import CryptoError
from rspcore.ota.scp03 import Scp03Keys, Scp03Session
from rspcore.status import StatusWord
from rspsim.euicc import channels, startup
from rspsim.euicc.outcome import View
from rspsim.euicc.profile_content.model import ProfileContent, SecurityDomain
from rspsim.euicc.state import CardState, Channel, Volatile
from rspsim.euicc.uicc import secure_channel
from rspsim.euicc.uicc.ota import domain, key_use
from rspsim.euicc.uicc.ota.domain_session import Answer, DomainContext
from rspsim.euicc.uicc.ota.key_use import Protocol
from rspsim.faults.card.card_fault import CardFault, Change, skip, swap, together
from rspsim.faults.card.handler_changes import entry_instead

__all__ = ["FAULTS"]

_CRYPTOGRAM = 8
_MAC = 8
_ANY_LEVEL = (0x01, 0x03, 0x11, 0x13, 0x33)
_E = StatusWord
Handler = Callable[[CommandApdu, DomainContext], Answer]


def _accepted(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    """Returns the session as if the host had been proved at the level of the command."""
    _, proved = session.authenticate(command.p1)
    return proved


def _cryptogram_ignored(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    if command.data[:_CRYPTOGRAM] != session.host_cryptogram:
        return _accepted(session, command)
    return session.accept(command)


def _mac_ignored(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    if command.data[:_CRYPTOGRAM] != session.host_cryptogram:
        return session.accept(command)
    return _accepted(session, command)


def _level_ignored(session: Scp03Session, command: CommandApdu) -> Scp03Session:
    """Verifies the C-MAC for whichever level it was made."""
    for level in _ANY_LEVEL:
        try:
            proved = session.accept(replace(command, p1=level))
        except CryptoError:
            continue
        return replace(proved, level=command.p1)
    return session.accept(command)


def _bare_too(session: Scp03Session, command: CommandApdu) -> tuple[CommandApdu, Scp03Session]:
    if not command.secure_messaging:
        return command, session
    return session.unwrap(command)


def _any_mac(session: Scp03Session, command: CommandApdu) -> tuple[CommandApdu, Scp03Session]:
    try:
        return session.unwrap(command)
    except CryptoError:
        bare = replace(command, cla=command.cla & ~0x04, data=command.data[:-_MAC])
        return bare, replace(session, counter=session.counter + 1)


def _not_chained(session: Scp03Session, command: CommandApdu) -> tuple[CommandApdu, Scp03Session]:
    opened, after = session.unwrap(command)
    return opened, replace(after, chaining=session.chaining)


def _one_challenge(keys: Scp03Keys, _counter: int, aid: bytes) -> bytes:
    return secure_channel.CHALLENGE.standard(keys, 0, aid)


def _of_any_channel(view: View) -> View:
    """Returns a view whose channel has the session of another, when it has none."""
    channel = view.channel
    if channel.secure is not None:
        return view
    others = [one.secure for one in view.volatile.channels if one is not None and one.secure]
    return view.with_channel(replace(channel, secure=others[0])) if others else view


def _kept_session(before: Volatile, /) -> Volatile:
    basic = before.channels[0]
    secure = None if basic is None else basic.secure
    return startup.FORGOTTEN.standard(before).with_channel(0, Channel(secure=secure))


def _counters_forgotten() -> Change:
    def forgotten(content: ProfileContent) -> ProfileContent:
        domains = (replace(one, sequence_counters=()) for one in content.security_domains)
        return replace(content, security_domains=tuple(domains))

    def kept(state: CardState, /) -> CardState:
        profiles = (replace(one, content=forgotten(one.content)) for one in state.profiles)
        return replace(state, profiles=tuple(profiles))

    return swap(startup.KEPT, kept)


def _as_asked(
    answer: Callable[[Answer, CommandApdu, DomainContext], Answer],
) -> Callable[[Handler], Handler]:
    """Returns a wrap that changes what a command of the domain answers and leaves."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, context: DomainContext) -> Answer:
            return answer(handler(command, context), command, context)

        return run

    return wrap


def _without_checks(answer: Answer, command: CommandApdu, _context: DomainContext) -> Answer:
    response, after = answer
    if response.sw != _E.OK:
        return answer
    zeros = command.data[:1] + bytes(len(response.data) - 1)
    return ResponseApdu(zeros, response.sw), after


def _old_set_kept(answer: Answer, command: CommandApdu, context: DomainContext) -> Answer:
    response, after = answer
    return response, context if command.p1 else after


def _said_done(word: int) -> Callable[[Answer, CommandApdu, DomainContext], Answer]:
    def changed(answer: Answer, _command: CommandApdu, context: DomainContext) -> Answer:
        response, _ = answer
        return (ResponseApdu(b"", _E.OK), context) if response.sw == word else answer

    return changed


def _nothing_kept(answer: Answer, _command: CommandApdu, context: DomainContext) -> Answer:
    response, _ = answer
    return response, context


def _added_instead(handler: Handler) -> Handler:
    def run(command: CommandApdu, context: DomainContext) -> Answer:
        response, after = handler(command, context)
        if response.sw == _E.REFERENCED_DATA_NOT_FOUND and command.p1:
            return handler(replace(command, p1=0), context)
        return response, after

    return run


_KEY_INFORMATION = (0x00, 0xE0)


def _listing(entries: Callable[[DomainContext], bytes]) -> Callable[[Handler], Handler]:
    def changed(answer: Answer, command: CommandApdu, context: DomainContext) -> Answer:
        response, after = answer
        if (command.p1, command.p2) != _KEY_INFORMATION:
            return answer
        return ResponseApdu(tlv.encode(0xE0, entries(context)), response.sw), after

    return _as_asked(changed)


def _with_values(context: DomainContext) -> bytes:
    return b"".join(
        tlv.encode(0xC0, bytes((k.identifier, k.version, k.key_type, len(k.value))) + k.value)
        for k in context.security_domain.keys
    )


def _as_delivered(context: DomainContext) -> bytes:
    return b"".join(
        tlv.encode(0xC0, bytes((k.identifier, k.version, k.key_type, len(k.value))))
        for k in context.security_domain.keys
        if k.version != 0x32
    )


def _no_protocols(_domain: SecurityDomain) -> frozenset[int] | None:
    return None


_PACKETS_TOO: Final[Mapping[int, range]] = {
    **key_use.VERSIONS.standard,
    Protocol.SCP03: range(0x01, 0x40),
}
_ROW = "UICC.SecureChannel#"
_standard_levels = secure_channel.LEVEL_OFFERED.standard

FAULTS: Final = (
    CardFault(
        "scp03.level-13-unknown",
        "Level 13 is refused.",
        (_ROW + "01",),
        swap(
            secure_channel.LEVEL_OFFERED,
            lambda level, options: level != 0x13 and _standard_levels(level, options),
        ),
    ),
    CardFault(
        "scp03.host-cryptogram-ignored",
        "The host cryptogram is not compared.",
        (_ROW + "02", _ROW + "05"),
        swap(secure_channel.HOST_PROVED, _cryptogram_ignored),
    ),
    CardFault(
        "scp03.first-mac-ignored",
        "The C-MAC of EXTERNAL AUTHENTICATE is not compared.",
        (_ROW + "03", _ROW + "06"),
        swap(secure_channel.HOST_PROVED, _mac_ignored),
    ),
    CardFault(
        "scp03.authenticates-without-challenge",
        "EXTERNAL AUTHENTICATE without INITIALIZE UPDATE is answered 9000.",
        (_ROW + "04",),
        together(
            skip(channels.CHECKS, "no_secure_messaging"),
            swap(secure_channel.NOT_GREETED, int(_E.OK)),
        ),
    ),
    CardFault(
        "scp03.one-challenge",
        "The card challenge does not depend on the sequence counter.",
        (_ROW + "05", _ROW + "15"),
        swap(secure_channel.CHALLENGE, _one_challenge),
    ),
    CardFault(
        "scp03.level-not-in-the-mac",
        "The level of EXTERNAL AUTHENTICATE is not part of its C-MAC.",
        (_ROW + "06",),
        swap(secure_channel.HOST_PROVED, _level_ignored),
    ),
    CardFault(
        "scp03.no-session-needed",
        "Management commands are carried out without a session.",
        (_ROW + "07", "UICC.DeleteKey#03"),
        swap(secure_channel.NEEDS_SESSION, lambda _secure: False),
    ),
    CardFault(
        "scp03.challenge-is-enough",
        "After INITIALIZE UPDATE management commands are carried out.",
        (_ROW + "07",),
        swap(secure_channel.NEEDS_SESSION, lambda secure: secure is None),
    ),
    CardFault(
        "scp03.bare-commands-too",
        "A command without C-MAC is carried out in a session that asks for one.",
        (_ROW + "08",),
        swap(secure_channel.UNWRAPPED, _bare_too),
    ),
    CardFault(
        "scp03.not-chained",
        "The C-MAC of a command is not chained to the one before.",
        (_ROW + "09",),
        swap(secure_channel.UNWRAPPED, _not_chained),
    ),
    CardFault(
        "scp03.session-goes-on",
        "A wrong C-MAC does not end the session.",
        (_ROW + "10",),
        swap(secure_channel.ENDS_ON_FAILURE, value=False),
    ),
    CardFault(
        "scp03.any-mac",
        "The C-MAC of commands is not compared.",
        (_ROW + "10", _ROW + "11"),
        swap(secure_channel.UNWRAPPED, _any_mac),
    ),
    CardFault(
        "scp03.select-keeps-session",
        "The selection of another application does not end the session.",
        (_ROW + "12",),
        swap(secure_channel.ENDS_ON_SELECT, value=False),
    ),
    CardFault(
        "scp03.reset-keeps-session",
        "A reset does not end the session.",
        (_ROW + "13",),
        together(
            swap(startup.FORGOTTEN, _kept_session), swap(secure_channel.ENDS_ON_SELECT, value=False)
        ),
    ),
    CardFault(
        "scp03.challenge-keeps-session",
        "INITIALIZE UPDATE does not end the session.",
        (_ROW + "14",),
        swap(secure_channel.ENDS_ON_INITIALIZE, value=False),
    ),
    CardFault(
        "scp03.counter-begins-anew",
        "After a reset the sequence counters begin anew.",
        (_ROW + "05", _ROW + "15"),
        _counters_forgotten(),
    ),
    CardFault(
        "scp03.keys-of-packets",
        "A key set of SCP80 opens a session.",
        (_ROW + "16",),
        swap(key_use.VERSIONS, _PACKETS_TOO),
    ),
    CardFault(
        "scp03.session-of-any-channel",
        "A session holds on every channel.",
        (_ROW + "17",),
        swap(channels.FINDS, _of_any_channel),
    ),
    CardFault(
        "scp03.short-keys-alone",
        "Keys of more than 16 octets are not found.",
        (_ROW + "18",),
        swap(key_use.USABLE, lambda key: len(key.value) <= 16 and key_use.USABLE.standard(key)),
    ),
    CardFault(
        "scp03.any-level",
        "Levels that no table has are accepted.",
        (_ROW + "19", _ROW + "21"),
        swap(secure_channel.LEVEL_OFFERED, lambda _level, _options: True),
    ),
    CardFault(
        "scp03.any-protocol",
        "A domain is reached by protocols it was not installed with.",
        (_ROW + "20",),
        swap(key_use.PROTOCOLS, _no_protocols),
    ),
    CardFault(
        "scp03.constant-options",
        "Parameter i is 70 whatever the package says.",
        (_ROW + "21",),
        swap(secure_channel.SCP_IDENTIFIER, lambda _domain: b"\x03\x70"),
    ),
    CardFault(
        "put-key.checks-of-zeros",
        "PUT KEY answers check values of zeros.",
        ("UICC.PutKey#01",),
        entry_instead(domain.COMMANDS, Ins.PUT_KEY, _as_asked(_without_checks)),
    ),
    CardFault(
        "put-key.first-check-ignored",
        "The check value of the first key is not compared.",
        ("UICC.PutKey#02",),
        swap(domain.CHECK_FITS, lambda number, given, computed: number == 1 or given == computed),
    ),
    CardFault(
        "put-key.later-checks-ignored",
        "Only the check value of the first key is compared.",
        ("UICC.PutKey#03",),
        swap(domain.CHECK_FITS, lambda number, given, computed: number > 1 or given == computed),
    ),
    CardFault(
        "put-key.checks-ignored",
        "Check values are not compared.",
        ("UICC.PutKey#02", "UICC.PutKey#03", "UICC.PutKey#07"),
        swap(domain.CHECK_FITS, lambda _number, _given, _computed: True),
    ),
    CardFault(
        "put-key.old-set-kept",
        "PUT KEY in the place of a set answers 9000 and keeps the old one.",
        ("UICC.PutKey#04",),
        entry_instead(domain.COMMANDS, Ins.PUT_KEY, _as_asked(_old_set_kept)),
    ),
    CardFault(
        "put-key.cut-short-is-done",
        "PUT KEY with keys cut short is answered 9000.",
        ("UICC.PutKey#05",),
        entry_instead(domain.COMMANDS, Ins.PUT_KEY, _as_asked(_said_done(_E.WRONG_DATA))),
    ),
    CardFault(
        "put-key.added-instead",
        "PUT KEY in the place of a set that is not there adds one.",
        ("UICC.PutKey#06",),
        entry_instead(domain.COMMANDS, Ins.PUT_KEY, _added_instead),
    ),
    CardFault(
        "delete-key.without-effect",
        "DELETE of a key set answers 9000 and has no effect.",
        ("UICC.DeleteKey#01",),
        entry_instead(domain.COMMANDS, Ins.DELETE, _as_asked(_nothing_kept)),
    ),
    CardFault(
        "delete-key.nothing-is-well",
        "DELETE of keys that are not there is answered 9000.",
        ("UICC.DeleteKey#02",),
        entry_instead(
            domain.COMMANDS, Ins.DELETE, _as_asked(_said_done(_E.REFERENCED_DATA_NOT_FOUND))
        ),
    ),
    CardFault(
        "get-data.with-key-values",
        "GET DATA of the keys gives their values.",
        ("UICC.DomainData#01",),
        entry_instead(domain.COMMANDS, Ins.GET_DATA, _listing(_with_values)),
    ),
    CardFault(
        "get-data.keys-as-delivered",
        "GET DATA of the keys does not list those of PUT KEY.",
        ("UICC.DomainData#02",),
        entry_instead(domain.COMMANDS, Ins.GET_DATA, _listing(_as_delivered)),
    ),
    CardFault(
        "get-data.unknown-is-empty",
        "GET DATA of an unknown tag is answered 9000 without data.",
        ("UICC.DomainData#03",),
        entry_instead(
            domain.COMMANDS, Ins.GET_DATA, _as_asked(_said_done(_E.REFERENCED_DATA_NOT_FOUND))
        ),
    ),
)
