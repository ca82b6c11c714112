"""make_profile: one test profile from its parameters, as package and metadata.

The package holds header, MF, PUKs and PINs, and, when there is an IMSI, USIM, GIDs as requested,
the USIM's PIN and its AKA parameters; then padding to the requested size, the MNO-SD with one SCP80
key set and TAR B20100, remote file management of the UICC (TAR B00120) and of the USIM (TAR
B00140), and PE-End. Codes are those public test profiles use: PIN 0000 (disabled), PIN2 9999,
ADM 55555555 and 66666666, PUKs 11111111 and 22222222.

Source: TCA eUICC Profile Package 2.3, order and content of the elements.
"""

from collections.abc import Iterator
from itertools import count
from typing import Final

from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.messages.metadata import IconType, StoreMetadataRequest
from rspcore.profile_maker.files import (
    USIM_AID,
    FcpParameters,
    mf_files,
    opt_usim_files,
    phonebook_files,
    template_oid,
    usim_files,
)
from rspcore.profile_maker.parameters import ProfileParameters
from rspcore.profile_maker.subscriber_files import MENU_CLASS, menu_parameters
from rspcore.profile_reader.header import SERVICES
from rspcore.profile_reader.network_access import AlgorithmId
from rspcore.tlv import encode

__all__ = ["TestProfile", "make_profile"]

_EF_OCTETS: Final = 16_384
"""Largest EF the padding uses."""

_LEAST_EF_OCTETS: Final = 256
"""Smallest EF the padding uses, so that efFileSize always takes two octets."""
_LEAST_PADDING: Final = 39
"""Octets that one octet of padding adds to a package."""

_FULL_ACCESS: Final = encode(0x04, b"\x00")

_ALGORITHM_OPTIONS: Final = {
    AlgorithmId.milenage: 0x01,
    AlgorithmId.tuak: 0x01,
    AlgorithmId.usim_test: 0x02,
}


@dataclass(frozen=True, slots=True)
class TestProfile:
    """A test profile.

    Attributes:
        parameters: What it was made from.
        upp: The unprotected profile package.
        metadata: The StoreMetadataRequest that belongs to it.
    """

    __test__ = False  # a value, not a test class

    parameters: ProfileParameters
    upp: bytes
    metadata: StoreMetadataRequest


def make_profile(parameters: ProfileParameters) -> TestProfile:
    """Makes package and metadata.

    Raises:
        LocalError: the requested size is smaller than the content, or cannot be met to the octet.
    """
    upp = _package(parameters, ())
    if parameters.size is not None and parameters.size != len(upp):
        upp = _padded(parameters, len(upp), parameters.size)
    return TestProfile(parameters, upp, _metadata(parameters))


def _metadata(parameters: ProfileParameters) -> StoreMetadataRequest:
    icon = parameters.icon
    kind = None if icon is None else IconType.png if icon[:1] == b"\x89" else IconType.jpg
    return StoreMetadataRequest(
        iccid=parameters.iccid,
        service_provider_name=parameters.spn,
        profile_name=parameters.profile_name,
        icon_type=kind,
        icon=icon,
        profile_class=parameters.profile_class,
        notification_configuration_info=parameters.notification_configuration or None,
        profile_owner=parameters.profile_owner,
        profile_policy_rules=parameters.ppr,
    )


def _padded(parameters: ProfileParameters, bare: int, size: int) -> bytes:
    """Finds the padding that gives exactly the size.

    Length fields grow in steps, so padding alone misses some sizes; these are reached by
    lengthening the header's free text by a few full stops.
    """
    missing = size - bare
    files = missing // _EF_OCTETS + 1
    for stops in range(5):
        tried = replace(parameters, profile_type=parameters.profile_type + "." * stops)
        length = missing
        for _ in range(6):
            if length < files:
                break
            upp = _package(tried, _shares(length, files))
            if len(upp) == size:
                return upp
            length -= len(upp) - size
    raise LocalError(
        f"size of {size:,} octets: the package without padding takes {bare:,}, "
        f"and padding adds {_LEAST_PADDING} or more"
    )


def _shares(length: int, files: int) -> tuple[bytes, ...]:
    """Splits a counting pattern of this many octets over files."""
    share, rest = divmod(length, files)
    pattern = bytes(range(256)) * (share // 256 + 1)
    return tuple(pattern[: share + (number < rest)] for number in range(files))


def _package(parameters: ProfileParameters, padding: tuple[bytes, ...]) -> bytes:
    numbers = count(1)
    return b"".join((_header(parameters), *_elements(parameters, numbers, padding)))


def _element(numbers: Iterator[int], tag: int, *content: bytes) -> bytes:
    header = encode(0xA0, encode(0x80), encode(0x81, _integer(next(numbers))))
    return encode(tag, header, *content)


def _integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _elements(
    parameters: ProfileParameters, numbers: Iterator[int], padding: tuple[bytes, ...]
) -> Iterator[bytes]:
    yield _element(numbers, 0xB0, encode(0x81, template_oid("2.1")), mf_files(parameters))
    yield _element(
        numbers, 0xA3, encode(0xA1, _puk(0x01, parameters.puk1), _puk(0x81, parameters.puk2))
    )
    yield _element(
        numbers,
        0xA2,
        _pins(
            _pin(0x01, parameters.pin1, unblock=0x01, attributes=6),
            _pin(0x0A, parameters.adm1, attributes=3, retries=0xAA),
            _pin(0x0B, parameters.adm2, attributes=3, retries=0xAA),
        ),
    )
    if parameters.imsi is not None:
        yield from _usim_elements(parameters, parameters.imsi, numbers)
    if padding:
        yield _element(numbers, 0xA1, encode(0xA1, _padding_script(padding)))
    yield _element(numbers, 0xA6, *_security_domain(parameters))
    if parameters.menu:
        yield _element(numbers, 0xA8, _menu_application(parameters))
    yield _element(numbers, 0xA7, *_remote_files(1, "B00120"))
    if parameters.imsi is not None:
        aid = parameters.usim_aid or USIM_AID
        access = encode(0x30, encode(0x80, aid), encode(0x81, b"\0"), encode(0x82, b"\0"))
        yield _element(numbers, 0xA7, *_remote_files(2, "B00140"), access)
    yield _element(numbers, 0xAA)


def _remote_files(number: int, tar: str) -> tuple[bytes, ...]:
    """Returns an instance of remote file management that requires a checksum, with all rights."""
    return (
        encode(0x4F, bytes.fromhex("A00000055910100000") + bytes((number,))),
        encode(0xA0, encode(0x04, bytes.fromhex(tar))),
        encode(0x81, b"\x02"),
        _FULL_ACCESS,
        _FULL_ACCESS,
    )


def _usim_elements(
    parameters: ProfileParameters, imsi: str, numbers: Iterator[int]
) -> Iterator[bytes]:
    yield _element(numbers, 0xB3, encode(0x81, template_oid("2.4")), usim_files(parameters, imsi))
    optional = opt_usim_files(parameters)
    if optional:
        yield _element(numbers, 0xB4, encode(0x81, template_oid("2.5")), optional)
    yield _element(numbers, 0xA2, _pins(_pin(0x81, parameters.pin2, unblock=0x81, attributes=3)))
    if parameters.contacts:
        content = phonebook_files(parameters)
        yield _element(numbers, 0xB7, encode(0x81, template_oid("2.6")), content)
    yield _element(numbers, 0xA4, encode(0xA1, _algorithm(parameters)))


def _algorithm(parameters: ProfileParameters) -> bytes:
    options = parameters.algorithm_options
    if options is None:
        options = _ALGORITHM_OPTIONS[parameters.algorithm]
    return encode(
        0xA1,
        encode(0x80, _integer(parameters.algorithm)),
        encode(0x81, bytes((options,))),
        encode(0x82, parameters.ki),
        encode(0x83, parameters.operator_constant),
    )


def _header(parameters: ProfileParameters) -> bytes:
    services = []
    templates = ["2.1"]
    if parameters.imsi is not None:
        services = ["usim", _algorithm_service(parameters)]
        templates.append("2.4")
        if opt_usim_files(parameters):
            templates.append("2.5")
        if parameters.contacts:
            templates.append("2.6")
    if parameters.menu:
        services.append("javacard")
    numbers = sorted(SERVICES.index(name) for name in services)
    major, minor = parameters.version
    return encode(
        0xA0,
        encode(0x80, _integer(major)),
        encode(0x81, _integer(minor)),
        encode(0x82, parameters.profile_type.encode()),
        encode(0x83, parameters.iccid.unswapped),
        encode(0xA5, b"".join(encode(0x80 | number) for number in numbers)),
        encode(0xA6, b"".join(encode(0x06, template_oid(name)) for name in templates)),
    )


def _algorithm_service(parameters: ProfileParameters) -> str:
    if parameters.algorithm is AlgorithmId.tuak:
        return "tuak256" if len(parameters.ki) == 32 else "tuak128"
    return {AlgorithmId.milenage: "milenage", AlgorithmId.usim_test: "usim-test-algorithm"}[
        parameters.algorithm
    ]


def _code(digits: bytes) -> bytes:
    return digits.ljust(8, b"\xff")


def _puk(reference: int, digits: bytes) -> bytes:
    return encode(0x30, encode(0x80, _integer(reference)), encode(0x81, _code(digits)))


def _pins(*pins: bytes) -> bytes:
    return encode(0xA1, encode(0xA0, *pins))


def _pin(
    reference: int,
    digits: bytes,
    *,
    unblock: int | None = None,
    attributes: int,
    retries: int | None = None,
) -> bytes:
    parts = [encode(0x80, _integer(reference)), encode(0x81, _code(digits))]
    if unblock is not None:
        parts.append(encode(0x82, _integer(unblock)))
    parts.append(encode(0x83, _integer(attributes)))
    if retries is not None:
        parts.append(encode(0x84, _integer(retries)))
    return encode(0x30, *parts)


def _padding_script(padding: tuple[bytes, ...]) -> bytes:
    """Returns the commands that create EFs 2F50 and up under the MF and fill them."""
    commands = [encode(0x80)]
    for number, content in enumerate(padding):
        fcp = FcpParameters(
            descriptor="4121",
            file_id=(0x2F50 + number).to_bytes(2, "big"),
            rule=bytes.fromhex("2F060A"),
            size=max(len(content), _LEAST_EF_OCTETS),
            sfi=b"",
        )
        commands += [encode(0x62, fcp.encode()), encode(0x81, content)]
    return encode(0x30, *commands)


def _security_domain(parameters: ProfileParameters) -> tuple[bytes, ...]:
    instance = encode(
        0xA1,
        encode(0x4F, bytes.fromhex("A0000001515350")),
        encode(0x4F, bytes.fromhex("A000000151535041")),
        encode(0x4F, bytes.fromhex("A000000151000000")),
        encode(0x82, bytes.fromhex("82DC00")),
        encode(0x83, b"\x0f"),
        encode(0xC9, bytes.fromhex("810280008201F08301F08701F0")),
        encode(0xEA, encode(0x80, bytes.fromhex("010000000002010206B2010000000000"))),
    )
    keys = (
        _key(0x18, 1, parameters.kic),
        _key(0x14, 2, parameters.kid),
        _key(0x48, 3, parameters.dek),
    )
    return instance, encode(0xA2, *keys)


def _menu_application(parameters: ProfileParameters) -> bytes:
    """Returns the instance of the menu application, which every simulated card has the class of."""
    instance = encode(
        0x30,
        encode(0x4F, MENU_CLASS[:-4]),
        encode(0x4F, MENU_CLASS),
        encode(0x4F, MENU_CLASS + b"\x01"),
        encode(0x82, b"\0"),
        encode(0x83, b"\x07"),
        encode(0xC9, menu_parameters(parameters.menu_title, parameters.menu)),
    )
    return encode(0xA2, instance)


def _key(usage: int, identifier: int, value: bytes) -> bytes:
    component = encode(0x30, encode(0x80, b"\x88"), encode(0x86, value))
    return encode(
        0x30,
        encode(0x95, bytes((usage,))),
        encode(0x82, bytes((identifier,))),
        encode(0x83, b"\x01"),
        encode(0x30, component),
    )
