"""Two independent readers of one definition: the typed messages and the compiled ASN.1 module.

Values are drawn from the module's own text, written by the ASN.1 library and read by the message
class, and the other way round; names of components, codes and bits are compared one by one.
"""

import dataclasses
import enum
import inspect
import re
import typing
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rspcore import schema, tlv
from rspcore.ids import Oid
from rspcore.messages import (
    es8p,
    es10a,
    es10b,
    es10c,
    euicc_info,
    isdr,
    metadata,
    notifications,
)
from rspcore.messages.codec import Structure
from rspcore.messages.v3 import (
    card_and_device,
    device_change,
    event_lists,
    installation_results,
    profile_management,
    profile_metadata,
    rpm_package,
    server_authentication,
)

pytestmark = pytest.mark.once

DEFINITIONS = {"rsp": schema.definition("rsp"), "rsp3": schema.definition("rsp3")}
MODULES = (
    (es8p, es10a, es10b, es10c, euicc_info, isdr, metadata, notifications),
    (
        card_and_device,
        device_change,
        event_lists,
        installation_results,
        profile_management,
        profile_metadata,
        rpm_package,
        server_authentication,
    ),
)
TYPES = {
    module: {name.casefold(): name for name in definition}
    for module, definition in DEFINITIONS.items()
}

INLINE = {
    "ExtCardResource": "content of an OCTET STRING (ETSI TS 102 226)",
    "FinalResult": "CHOICE inside ProfileInstallationResultData",
    "ProfileIdentifier": "CHOICE inside EnableProfileRequest and DisableProfileRequest",
    "RpmCommandDetails": "CHOICE inside RpmCommand",
    "RpmCommandResultData": "CHOICE inside RpmCommandResult",
    "RpmFinalResult": "CHOICE inside LoadRpmPackageResultDataSigned",
    "RpmSearchCriteria": "CHOICE inside ListProfileInfo",
    "SearchCriteria": "CHOICE inside the list requests",
}
"""Classes without a type of their own in the module, and where their definition is."""

RENAMED = {("ProfileInstallationResult", "profileInstallationResultData"): "data"}
"""Components whose field has another name, because the full one repeats the name of the class."""
RENAMED_IN_V3 = {
    "lowestSvn": "svn",
    "baseProfilePackageVersion": "profile_version",
    "euiccFirmwareVersion": "euicc_firmware_ver",
    "additionalProfilePackageVersions": "additional_euicc_profile_package_versions",
    "nextCertInChain": "eum_certificate",
    "ppiResponse": "sima_response",
    "euiccConfiguration": "lpae_support",
}
"""Components that version 3 gave another name, and whose field keeps that of version 2."""
EXTRA = {
    "LoadCrlRequest": {"certificate_list": "the second form cards have to accept"},
    "ProfileInfo": {"carrier_access_rules": "asked for by every Android device"},
}
"""Fields without a component."""
OTHER_BITS = {
    ("LpaeActivationRequest", "lpaeOption"): "named as lpaeSupport, whose positions they are"
}


def all_classes():
    found = {
        kind
        for version in MODULES
        for module in version
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Structure) and kind is not Structure
    }
    return sorted(found, key=lambda kind: (kind.__module__, kind.__name__))


DEFAULTED = {"language_tag", "euicc_ci_pkid_to_be_used"}
"""Fields that have a value when their component is left out."""
NOT_ALIKE = {"LoadCrlRequest": "the ASN.1 library writes an ANY without the tag it stands under"}
CLASSES = [kind for kind in all_classes() if kind.__name__ not in INLINE]

READ_ALIKE = [kind for kind in CLASSES if kind.__name__ not in NOT_ALIKE]


def module_of(kind):
    return "rsp3" if ".v3." in kind.__module__ else "rsp"


def label(kind):
    return f"{module_of(kind)}-{kind.__name__}"


def type_of(kind):
    return TYPES[module_of(kind)][kind.__name__.casefold()]


def described(kind):
    return DEFINITIONS[module_of(kind)][type_of(kind)]


def renamed(kind, component):
    if (kind.__name__, component) in RENAMED:
        return RENAMED[kind.__name__, component]
    if module_of(kind) == "rsp3" and component in RENAMED_IN_V3:
        return RENAMED_IN_V3[component]
    if (kind.__name__, component) == ("EuiccInfo2", "euiccRspCapability"):
        return "rsp_capability"
    return transliterate(component)


def transliterate(component):
    """Turns a component name into a field name: words begin at capital letters, PKId is one."""
    text = component.replace("PKId", "Pkid").replace("-", "_")
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return text.lower()


def resolved(description, module):
    """Follows type names down to a built-in type; tags of the references do not matter here."""
    definition = DEFINITIONS[module]
    while description["type"] in definition:
        description = {**definition[description["type"]], **only(description, "size")}
    return description


def only(description, *keys):
    return {key: description[key] for key in keys if key in description}


# -- values from the definition


def sized(description, default=(0, 12)):
    sizes = description.get("size")
    if not sizes:
        return default
    low, high = sizes[0] if isinstance(sizes[0], tuple) else (sizes[0], sizes[0])
    return low, min(high, low + 20) if isinstance(high, int) else low + 3


def octet_strings(description):
    low, high = sized(description)
    return st.binary(min_size=low, max_size=high)


def texts(description):
    low, high = sized(description)
    return st.text(st.characters(codec="utf-8"), min_size=low, max_size=high)


def integers(description):
    named = list(description.get("named-numbers", {}).values())
    numbers = st.integers(-(2**31), 2**31)
    return st.one_of(st.sampled_from(named), st.integers(128, 250)) if named else numbers


def bit_strings(description):
    highest = max(int(number) for _, number in description["named-bits"])

    def coded(positions):
        count = max(positions, default=-1) + 1
        number = sum(1 << (count - 1 - position) for position in positions)
        return (number << (-count % 8)).to_bytes((count + 7) // 8, "big"), count

    return st.sets(st.integers(0, highest)).map(coded)


OIDS = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**35))).map(
    lambda arcs: Oid(".".join(map(str, (arcs[0], arcs[1], *arcs[2])))).content
)
BIG_SECOND_ARC = st.integers(40, 5000).map(lambda arc: Oid(f"2.{arc}.7").content)
ANY_OBJECT = st.binary(max_size=8).map(lambda content: tlv.encode(0x30, tlv.encode(4, content)))
# The library leaves out seconds of 00, which DER does not.
TIMES = st.datetimes(datetime(1950, 1, 1), datetime(9000, 1, 1)).map(  # noqa: DTZ001  as read
    lambda moment: moment.replace(second=moment.second or 7, microsecond=0, tzinfo=UTC)
)
CARD_RESOURCE = st.binary(min_size=1, max_size=4).map(
    lambda value: b"".join(tlv.encode(tag, value) for tag in (0x81, 0x82, 0x83))
)
SIGNATURE = st.binary(min_size=64, max_size=64)
SPECIAL = {
    "extCardResource": CARD_RESOURCE,
    "eidValue": st.just(bytes.fromhex("89" * 16)),
    "targetEidValue": st.just(bytes.fromhex("89" * 16)),
    "euiccCiPKIdToBeUsed": st.binary(min_size=20, max_size=20),
    "isdpAid": st.binary(min_size=5, max_size=16),
    "euiccSignature1": SIGNATURE,
    "euiccSignature2": SIGNATURE,
    "euiccCancelSessionSignature": SIGNATURE,
    "euiccNotificationSignature": SIGNATURE,
    "euiccSignPIR": SIGNATURE,
}
"""Components for which the classes require a narrower form than the module."""


@st.composite
def sequences(draw, description, module):
    value = {}
    for member in description["members"]:
        left_out = ("optional" in member or "default" in member) and draw(st.booleans())
        if not left_out:
            value[member["name"]] = draw(member_values(member, module))
    return value


def member_values(member, module):
    return SPECIAL[member["name"]] if member["name"] in SPECIAL else values(member, module)


def values(description, module):
    description = resolved(description, module)
    kind = description["type"]
    simple = {"OCTET STRING": octet_strings, "UTF8String": texts, "INTEGER": integers}
    simple |= {"BIT STRING": bit_strings}
    if kind in simple:
        return simple[kind](description)
    if kind == "SEQUENCE":
        return sequences(description, module)
    if kind == "SEQUENCE OF":
        return st.lists(values(description["element"], module), max_size=3)
    if kind == "CHOICE":
        return st.one_of(
            *(
                st.tuples(st.just(member["name"]), member_values(member, module))
                for member in description["members"]
            )
        )
    return {
        "BOOLEAN": st.booleans(),
        "NULL": st.none(),
        "OBJECT IDENTIFIER": st.one_of(OIDS, BIG_SECOND_ARC),
        "ANY": ANY_OBJECT,
        "GeneralizedTime": TIMES,
    }[kind]


# -- the two readers


def read(kind, octets):
    if kind.CHOICE and not tagged(kind):
        return kind.from_tlv(tlv.parse(tlv.encode(0x30, octets)))
    return kind.from_tlv(tlv.parse(octets))


def tagged(kind):
    return "tag" in described(kind)


def rebuilt(value):
    """Returns an equal value that was made and not received, at any depth."""
    if isinstance(value, Structure):
        inner = {
            item.name: rebuilt(getattr(value, item.name))
            for item in dataclasses.fields(value)
            if item.init
        }
        return type(value)(**inner)
    return tuple(map(rebuilt, value)) if isinstance(value, tuple) else value


def assert_same(value, field):
    """Compares a value of the ASN.1 library with the field of a message, part by part."""
    if isinstance(field, bytes) and not isinstance(value, bytes):
        return  # kept as octets
    if isinstance(field, Structure) and isinstance(value, bytes):
        assert value == field.content()
    elif isinstance(field, Structure):
        parts = [value] if isinstance(value, tuple) else value.items()
        for component, part in parts:
            assert_same(part, getattr(field, field_of(type(field), component)))
    elif isinstance(field, frozenset):
        octets, count = value
        number = int.from_bytes(octets, "big") >> (-count % 8)
        assert field == {n for n in range(count) if number >> (count - 1 - n) & 1}
    elif isinstance(value, list):
        assert len(value) == len(field)
        for part, one in zip(value, field, strict=True):
            assert_same(part, one)
    elif isinstance(value, int | str | datetime):
        assert field == value
    elif isinstance(value, bytes):
        assert value in (getattr(field, "octets", None), getattr(field, "content", None), field)


def written(kind, message, octets):
    """Writes a message under the tag of the octets it is compared with."""
    if kind.CHOICE and not tagged(kind):
        return message.content()
    return tlv.encode(tlv.parse(octets).tag, message.content())


# -- tests


def test_every_message_class_has_a_type_or_a_reason():
    without = {
        kind.__name__
        for kind in all_classes()
        if kind.__name__.casefold() not in TYPES[module_of(kind)]
    }

    assert without == set(INLINE)


@pytest.mark.parametrize("kind", CLASSES, ids=label)
def test_field_names_are_the_component_names(kind):
    members = resolved(described(kind), module_of(kind))["members"]
    expected = [renamed(kind, member["name"]) for member in members]
    extra = EXTRA.get(kind.__name__, {})

    fields = [item.name for item in dataclasses.fields(kind) if item.init]

    assert [name for name in fields if name not in extra] == expected


@pytest.mark.parametrize("kind", [k for k in READ_ALIKE if module_of(k) == "rsp"], ids=label)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_value_of_the_schema_is_read_and_written_back_alike(kind, data):
    read_and_write(kind, data)


@pytest.mark.parametrize("kind", [k for k in READ_ALIKE if module_of(k) == "rsp3"], ids=label)
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_value_of_version_3_is_read_and_written_back_alike(kind, data):
    read_and_write(kind, data)


def read_and_write(kind, data):
    name, module = type_of(kind), module_of(kind)
    value = data.draw(values(described(kind), module))
    octets = schema.encode(module, name, value)

    message = read(kind, octets)

    named = {field_of(kind, component) for component in components(value)}
    assert present(message) - (DEFAULTED - named) == named
    assert_same(value, message)
    assert written(kind, rebuilt(message), octets) == octets
    decoded = schema.decode(module, name, octets)
    assert schema.encode(module, name, decoded) == octets


def present(message):
    return {
        item.name
        for item in dataclasses.fields(message)
        if item.init and getattr(message, item.name) is not None
    }


def components(value):
    return {value[0]} if isinstance(value, tuple) else set(value)


def field_of(kind, component):
    return renamed(kind, component)


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if tagged(kind)], ids=label)
def test_own_tag_is_the_one_of_the_schema(kind):
    tag = described(kind)["tag"]
    base = {"PRIVATE": 0xE0, "APPLICATION": 0x60}.get(tag.get("class"), 0xA0)
    expected = base | tag["number"] if tag["number"] < 31 else base << 8 | 0x1F00 | tag["number"]

    assert expected == kind.TAG


@pytest.mark.parametrize("kind", CLASSES, ids=label)
def test_codes_and_bits_have_the_names_of_the_schema(kind):
    hints = typing.get_type_hints(kind, include_extras=True)
    module = module_of(kind)
    for member in resolved(described(kind), module)["members"]:
        description = resolved(member, module)
        codec = hints[field_of(kind, member["name"])].__metadata__[0].codec
        if "named-numbers" in description:
            names = {int(number): name for name, number in description["named-numbers"].items()}
            got = {number: codec.decode(integer(number)) for number in names}
        elif "named-bits" in description:
            names = {int(number): name for name, number in description["named-bits"]}
            got = {number: next(iter(codec.decode(single_bit(number)))) for number in names}
        else:
            continue
        assert all(isinstance(code, enum.IntEnum) for code in got.values())
        whole = type(next(iter(got.values())))
        assert set(names) == {int(code) for code in whole}
        if (kind.__name__, member["name"]) not in OTHER_BITS:
            assert {n: name.replace("-", "_") for n, name in names.items()} == {
                n: code.name for n, code in got.items()
            }


def integer(number):
    return tlv.parse(tlv.encode(2, number.to_bytes(2, "big")))


def single_bit(number):
    body = bytearray(number // 8 + 1)
    body[-1] = 0x80 >> number % 8
    return tlv.parse(tlv.encode(3, bytes((7 - number % 8,)), bytes(body)))
