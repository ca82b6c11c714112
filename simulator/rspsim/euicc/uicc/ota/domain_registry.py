"""What a security domain knows and removes: GET DATA, GET STATUS, DELETE.

Source: GlobalPlatform Card Specification, 11.2 to 11.4 and annex H.
"""

from collections.abc import Mapping

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.frozen import replace
from rspcore.ids import Aid
from rspcore.status import StatusWord
from rspsim.euicc import memory
from rspsim.euicc.profile_content.model import Application, ProfileContent, SecurityDomain
from rspsim.euicc.uicc.ota.domain_session import Answer, DomainContext, said

__all__ = ["delete", "get_data", "get_status"]

_IN_USE = StatusWord.CONDITIONS_NOT_SATISFIED
_WITH_RELATED = 0x80
_APPLICATION, _KEY_ID, _KEY_VERSION = 0x4F, 0xD0, 0xD2
_ISSUER_NUMBER, _CARD_NUMBER, _LISTED = 0x0042, 0x0045, 0x2F00
_ISSUER_OCTETS = 3
_KEY_INFORMATION = 0x00E0
_CARD_DATA = 0x0066
_SEQUENCE_COUNTER = 0x00C1
_EXTENDED_RESOURCES = 0xFF21


def _deleted_keys(named: Mapping[int, bytes], context: DomainContext) -> Answer:
    """Removes the keys of a version, of an identifier, or the one that both name."""
    domain = context.security_domain
    version, identifier = (named.get(tag) for tag in (_KEY_VERSION, _KEY_ID))
    gone = {
        key
        for key in domain.keys
        if version in (None, bytes((key.version,)))
        and identifier in (None, bytes((key.identifier,)))
    }
    left = tuple(key for key in domain.keys if key not in gone)
    if not gone:
        return said(context, StatusWord.REFERENCED_DATA_NOT_FOUND)
    if any(key.version == context.version for key in gone) or not left:
        return said(context, StatusWord.CONDITIONS_NOT_SATISFIED)
    held = {key.version for key in left}
    changed = replace(
        domain,
        keys=left,
        counters=tuple(pair for pair in domain.counters if pair[0] in held),
        sequence_counters=tuple(pair for pair in domain.sequence_counters if pair[0] in held),
    )
    return said(context.with_domain(changed), StatusWord.OK, b"\x00")


def _deleted(
    content: ProfileContent, named: bytes, own: Aid, *, related: bool
) -> ProfileContent | int:
    """Returns a content without the application, domain or load file of this AID.

    Returns:
        The status word that refuses it: the AID is not there, or something stands on it.
    """
    domains, instances = content.security_domains, content.remote_file_management
    if named == own.octets or any(one.load_package == named for one in domains):
        return _IN_USE
    if any(one.load_package == named for one in content.applications):
        left = tuple(one for one in content.applications if one.load_package != named)
        return replace(content, applications=left) if related else _IN_USE
    kept = replace(
        content,
        applications=tuple(a for a in content.applications if a.aid.octets != named),
        security_domains=tuple(d for d in domains if d.aid.octets != named),
        remote_file_management=tuple(i for i in instances if i.aid.octets != named),
    )
    if kept == content:
        return StatusWord.REFERENCED_DATA_NOT_FOUND
    standing = {a.security_domain for a in kept.applications}
    standing |= {i.security_domain for i in kept.remote_file_management}
    return _IN_USE if named in standing else kept


def delete(command: CommandApdu, context: DomainContext) -> Answer:
    """Removes keys of the domain, or an application of its Profile."""
    if command.p1 or command.p2 & ~_WITH_RELATED:
        return said(context, StatusWord.INCORRECT_P1_P2)
    try:
        named = {one.tag: bytes(one.value) for one in tlv.iterate(command.data)}
    except DecodeError:
        return said(context, StatusWord.WRONG_DATA)
    if named and named.keys() <= {_KEY_ID, _KEY_VERSION}:
        return _deleted_keys(named, context)
    if named.keys() != {_APPLICATION}:
        return said(context, StatusWord.WRONG_DATA)
    owner = context.owner
    related = bool(command.p2 & _WITH_RELATED)
    content = _deleted(owner.content, named[_APPLICATION], context.domain, related=related)
    if isinstance(content, int):
        return said(context, content)
    state = context.state.with_profile(replace(owner, content=content))
    return said(replace(context, state=state), StatusWord.OK, b"\x00")


def _applications(content: ProfileContent) -> bytes:
    aids = [one.aid for one in content.security_domains]
    aids += [one.aid for one in content.applications]
    return b"".join(tlv.encode(0x61, tlv.encode(_APPLICATION, aid.octets)) for aid in aids)


def get_data(command: CommandApdu, context: DomainContext) -> Answer:
    """Answers with a data object of the security domain."""
    wanted = command.p1 << 8 | command.p2
    domain = context.security_domain
    number = context.owner.iccid.unswapped
    if wanted == _ISSUER_NUMBER:
        return said(context, StatusWord.OK, tlv.encode(wanted, number[:_ISSUER_OCTETS]))
    if wanted == _CARD_NUMBER:
        return said(context, StatusWord.OK, tlv.encode(wanted, number))
    if wanted == _LISTED:
        return said(
            context, StatusWord.OK, tlv.encode(wanted, _applications(context.owner.content))
        )
    if wanted == _KEY_INFORMATION:
        listed = b"".join(
            tlv.encode(0xC0, bytes((k.identifier, k.version, k.key_type, len(k.value))))
            for k in domain.keys
        )
        return said(context, StatusWord.OK, tlv.encode(0xE0, listed))
    if wanted == _EXTENDED_RESOURCES:
        free = context.decisions[memory.FREE](context.state)
        installed = len(context.owner.content.applications)
        data = tlv.encode(
            0xFF21,
            tlv.encode(0x81, bytes((installed,))),
            tlv.encode(0x82, free.to_bytes(4, "big")),
            tlv.encode(0x83, context.state.personality.ram_size.to_bytes(4, "big")),
        )
        return said(context, StatusWord.OK, data)
    if wanted == _CARD_DATA:
        for stored in domain.personal_data:
            if stored[:3] == b"\x00\x70" + stored[2:3] and stored[3:4] == b"\x66":
                return said(context, StatusWord.OK, stored[3:])
    if wanted == _SEQUENCE_COUNTER and domain.sequence_counters:
        counter = domain.sequence_counters[0][1]
        return said(context, StatusWord.OK, tlv.encode(0xC1, counter.to_bytes(3, "big")))
    return said(context, StatusWord.REFERENCED_DATA_NOT_FOUND)


def _entry(aid: Aid, life_cycle: int, privileges: bytes, load_package: bytes) -> bytes:
    return tlv.encode(
        0xE3,
        tlv.encode(0x4F, aid.octets),
        tlv.encode(0x9F70, bytes((life_cycle,))),
        tlv.encode(0xC5, privileges.ljust(3, b"\x00")),
        tlv.encode(0xC4, load_package) if load_package else b"",
    )


def get_status(command: CommandApdu, context: DomainContext) -> Answer:
    """Answers with the registry of the Profile: its domain, its applications, its load files."""
    try:
        prefix = tlv.parse_prefix(command.data)
    except DecodeError:
        return said(context, StatusWord.WRONG_DATA)
    if prefix.tag != 0x4F or command.p2 & 0x02 == 0:
        return said(
            context, StatusWord.WRONG_DATA if prefix.tag != 0x4F else StatusWord.INCORRECT_P1_P2
        )
    entries: list[tuple[Aid, bytes]] = []
    if command.p1 & 0x80:
        own = context.security_domain
        entries.append((own.aid, _entry(own.aid, own.life_cycle, own.privileges, own.load_package)))
    content = context.owner.content
    listed: list[SecurityDomain | Application] = [*content.security_domains, *content.applications]
    if command.p1 & 0x40:
        entries += [
            (one.aid, _entry(one.aid, one.life_cycle, one.privileges, one.load_package))
            for one in listed
            if one.aid != context.domain or not command.p1 & 0x80
        ]
    if command.p1 & 0x30:
        packages = sorted({one.load_package for one in listed if one.load_package})
        entries += [(Aid(p), _entry(Aid(p), 0x01, b"", b"")) for p in packages]
    found = [data for aid, data in entries if aid.octets.startswith(bytes(prefix.value))]
    if not found:
        return said(context, StatusWord.REFERENCED_DATA_NOT_FOUND)
    return said(context, StatusWord.OK, b"".join(found))
