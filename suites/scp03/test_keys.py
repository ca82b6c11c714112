"""UICC.PutKey, UICC.DeleteKey and UICC.DomainData: key sets that come, change and go."""

from dataclasses import replace

import pytest

from rspcore.apdu import CommandApdu
from rspcore.ota.scp03 import key_check_value
from rspcore.profile_maker import make_profile, preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.scp03_host import (
    Scp03Host,
    host_keys,
    key_information,
    put_key,
    with_scp03,
)

HELD, OTHER, NEW = host_keys(0x30), host_keys(0x31), host_keys(0x32)
KEYS_OF_THE_DOMAIN = CommandApdu(0x80, 0xCA, 0x00, 0xE0, le=256)


@pytest.fixture
def host(card, given):
    """Returns the host of the MNO-SD of a Profile that was installed with SCP03."""
    made = with_scp03(make_profile(preset("PROFILE_OPERATIONAL1")), HELD, OTHER)
    given.profiles(made, enabled=made)
    return Scp03Host(card, HELD)


def opens(host, keys):
    """Requires that a key set opens a session, after a reset."""
    host.card.reset()
    host.keys = keys
    host.open(0x33)


def is_unknown(host, version):
    """Requires that a key set is not there, after a reset."""
    host.card.reset()
    host.select()
    expect.refused(host.initialize(version), 0x6A88, 0x6985)


def delete(*parts):
    """Returns DELETE of keys: data objects D0 (identifier) and D2 (version)."""
    return CommandApdu(0x80, 0xE4, 0x00, 0x00, bytes.fromhex("".join(parts)), 256)


@testcase("UICC.PutKey#01")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_key_set_is_added(host, step):
    """PUT KEY answers the version and three check values, and the new set opens a session."""
    with step("S_Host -> UICC: PUT KEY of version 32, in a session of level 33"):
        host.open(0x33)
        answer = host.send(put_key(HELD.dek, NEW))
    with step("Expected: version and check values; the set opens a session after a reset"):
        expect.success(answer, "PUT KEY")
        checks = b"".join(map(key_check_value, (NEW.enc, NEW.mac, NEW.dek)))
        expect.equal(answer.data, b"\x32" + checks, "answer")
        opens(host, NEW)


@testcase.each("number", {"UICC.PutKey#02": 1, "UICC.PutKey#03": 3})
def test_wrong_check_value(host, step, number):
    """A wrong check value, of the first key or the last, stores none of the set."""
    with step(f"S_Host -> UICC: PUT KEY of version 32, check value of key {number} wrong"):
        host.open(0x03)
        expect.refused(host.send(put_key(HELD.dek, NEW, wrong_check=number)))
    with step("Expected: no such set"):
        is_unknown(host, 0x32)


@testcase("UICC.PutKey#04")
def test_key_set_is_replaced(host, step):
    """A set that is replaced opens nothing any more, the new one does, others stay."""
    changed = replace(NEW, version=0x31)
    with step("S_Host -> UICC: PUT KEY of version 31 in the place of version 31"):
        host.open(0x03)
        expect.success(host.send(put_key(HELD.dek, changed, replaces=0x31)), "PUT KEY")
    with step("Expected: the new keys open a session, and version 30 as before"):
        opens(host, changed)
        opens(host, HELD)


@testcase("UICC.PutKey#05")
def test_data_cut_short(host, step):
    """Keys cut short are refused and leave no set."""
    with step("S_Host -> UICC: PUT KEY without its last two octets"):
        host.open(0x03)
        command = put_key(HELD.dek, NEW)
        expect.refused(host.send(replace(command, data=command.data[:-2])))
    with step("Expected: no such set"):
        is_unknown(host, 0x32)


@testcase("UICC.PutKey#06")
def test_replacement_of_nothing(host, step):
    """A set that is not there cannot be replaced."""
    with step("S_Host -> UICC: PUT KEY of version 32 in the place of version 33"):
        host.open(0x03)
        expect.refused(host.send(put_key(HELD.dek, NEW, replaces=0x33)), 0x6A88)
    with step("Expected: no such set"):
        is_unknown(host, 0x32)


@testcase("UICC.PutKey#07")
def test_keys_under_another_key(host, step):
    """Keys that were ciphered under another key are found out by their check values."""
    with step("S_Host -> UICC: PUT KEY under the Key-DEK of version 31, in a session of 30"):
        host.open(0x03)
        expect.refused(host.send(put_key(OTHER.dek, NEW)))
    with step("Expected: no such set"):
        is_unknown(host, 0x32)


@testcase("UICC.DeleteKey#01", level="destructive")
def test_key_set_is_removed(host, step):
    """A removed set opens nothing, and the others stay."""
    with step("S_Host -> UICC: DELETE of version 31"):
        host.open(0x33)
        answer = host.send(delete("D20131"))
    with step("Expected: 00; no such set; version 30 as before"):
        expect.success(answer, "DELETE")
        expect.equal(answer.data, b"\x00", "answer")
        is_unknown(host, 0x31)
        opens(host, HELD)


@testcase("UICC.DeleteKey#02", level="destructive")
def test_removal_of_nothing(host, step):
    """Keys that are not there cannot be removed."""
    with step("S_Host -> UICC: DELETE of version 33"):
        host.open(0x03)
        expect.refused(host.send(delete("D20133")), 0x6A88)


@testcase("UICC.DeleteKey#03", level="destructive")
def test_removal_needs_a_session(host, step):
    """Without a session no key is removed."""
    with step("S_Host -> UICC: DELETE of version 31 after SELECT alone"):
        host.select()
        expect.refused(host.card.transmit(delete("D20131")), 0x6982, 0x6985)
    with step("Expected: the set opens a session"):
        opens(host, OTHER)


@testcase("UICC.DomainData#01")
def test_keys_are_listed_without_values(host, step):
    """GET DATA 00E0 lists every key with its type and length, and no octet of it."""
    with step("S_Host -> UICC: GET DATA 00E0 without a session"):
        host.select()
        answer = host.card.transmit(KEYS_OF_THE_DOMAIN)
    with step("Expected: keys 1 to 3 of versions 01, 30 and 31, AES of 16 octets"):
        expect.success(answer, "GET DATA")
        wanted = {
            (version, number): (0x88, 16) for version in (1, 0x30, 0x31) for number in (1, 2, 3)
        }
        expect.equal(key_information(answer.data), wanted, "keys")
        for key in (HELD.enc, HELD.mac, HELD.dek, OTHER.enc, OTHER.mac, OTHER.dek):
            expect.that(
                holds=key not in answer.data, expected="no key", actual=answer.data.hex(" ")
            )


@testcase("UICC.DomainData#02")
def test_new_keys_are_listed(host, step):
    """GET DATA 00E0 follows PUT KEY."""
    with step("S_Host -> UICC: PUT KEY of version 32, GET DATA 00E0"):
        host.open(0x33)
        expect.success(host.send(put_key(HELD.dek, NEW)), "PUT KEY")
        listed = key_information(host.send(KEYS_OF_THE_DOMAIN).data)
    with step("Expected: keys 1 to 3 of version 32"):
        new = {number for version, number in listed if version == 0x32}
        expect.equal(new, {1, 2, 3}, "keys of version 32")


@testcase("UICC.DomainData#03")
def test_unknown_data(host, step):
    """GET DATA of a tag that the domain does not have is not found."""
    with step("S_Host -> UICC: GET DATA 5FFF"):
        host.select()
        expect.refused(host.card.apdu("80CA5FFF00"), 0x6A88, 0x6A86)


@testcase("UICC.DomainData#04")
def test_registry_by_another_name(host, step):
    """GET STATUS with an AID of nothing lists nothing."""
    nothing = CommandApdu(0x80, 0xF2, 0x40, 0x02, bytes.fromhex("4F08F0000000DEADBEEF"), 256)
    with step("S_Host -> UICC: GET STATUS of applications that begin with F0000000DEADBEEF"):
        host.open(0x33)
        answer = host.send(nothing)
    with step("Expected: not found, no data"):
        expect.refused(answer, 0x6A88)
