"""File structure in use: what a Device reads, writes, verifies and authenticates with a Profile."""

from dataclasses import replace

from rspcore.crypto.aka.algorithm import xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.messages.es10c import DisableProfileRequest, EnableProfileRequest
from rspcore.profile_maker import preset
from rspcore.profile_maker.files import imsi_content
from rspcore.status import StatusWord
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
TWO_WITH_OTHER_KEY = replace(preset(TWO), ki=bytes.fromhex("0396EB317B6D1C36F19C1C84CD6FFD16"))
RAND = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
SQN, AMF = bytes.fromhex("000000000021"), bytes.fromhex("8000")


def enable(card, one):
    """Enables a Profile at once, without REFRESH and without a reset."""
    request = EnableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
    expect.ok(card.send(request))


def disable(card, one):
    """Disables a Profile at once, without REFRESH and without a reset."""
    request = DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
    expect.ok(card.send(request))


def language(card):
    """Returns the content of EF.PL."""
    expect.success(file_access.select_file(card, file_access.EF_PL), "SELECT EF.PL")
    content = file_access.read(card)
    expect.success(content, "READ BINARY EF.PL")
    return content.data


@testcase("procedure.FileStructure#09")
def test_ef_imsi_behind_its_pin(card, given, step):
    """EF.IMSI is read once PIN1 is verified, and not before."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("Initial conditions: PIN1 enabled by the Device, card reset"):
        file_access.enable_pin(card)
    with step("Terminal -> eUICC: SELECT USIM, EF.IMSI, READ BINARY; expected: SW 6982"):
        expect.success(file_access.select_usim_file(card, file_access.EF_IMSI), "SELECT EF.IMSI")
        closed = file_access.read(card)
        expect.refused(closed, StatusWord.SECURITY_STATUS_NOT_SATISFIED, about="READ BINARY")
    with step("Terminal -> eUICC: VERIFY PIN, READ BINARY; expected: the loaded value"):
        expect.success(file_access.verify_pin(card, file_access.pin1()), "VERIFY PIN")
        content = file_access.read(card)
        expect.success(content, "READ BINARY EF.IMSI")
        expect.equal(content.data, imsi_content(one.profile.parameters.imsi), "EF.IMSI")


@testcase("procedure.FileStructure#10")
def test_authenticate_with_the_key_of_the_profile(card, given, step):
    """AUTHENTICATE gives RES, CK and IK as computed with the key of the Enabled Profile."""
    _, one = given.profiles(TWO_WITH_OTHER_KEY, ONE, enabled=ONE)
    keys = one.profile.parameters
    network = Milenage(keys.ki, keys.operator_constant)
    vector = network.vector(RAND)
    autn = xor(SQN, vector.ak) + AMF + network.mac_a(RAND, SQN, AMF)
    with step("Terminal -> eUICC: SELECT USIM, AUTHENTICATE in 3G context"):
        expect.success(file_access.select_application(card), "SELECT USIM")
        answer = card.apdu(f"0088008122 10{RAND.hex()} 10{autn.hex()} 00".replace(" ", ""))
    with step("Expected: DB, RES, CK and IK"):
        expect.success(answer, "AUTHENTICATE")
        fields = b"".join(bytes((len(f),)) + f for f in (vector.res, vector.ck, vector.ik))
        expect.equal(answer.data, b"\xdb" + fields, "answer to AUTHENTICATE")


@testcase("procedure.FileStructure#12")
def test_written_file_outlives_disabling(card, given, step):
    """What the Device wrote is there again when the Profile is Disabled and Enabled."""
    one, _ = given.profiles(ONE, TWO, enabled=ONE)
    with step("Terminal -> eUICC: UPDATE BINARY EF.PL"):
        expect.equal(language(card), b"en", "EF.PL as loaded")
        expect.success(file_access.write(card, b"de"), "UPDATE BINARY EF.PL")
    with step("S_LPAd -> eUICC: DisableProfile; reset; EnableProfile; reset"):
        disable(card, one)
        card.reset()
        enable(card, one)
        card.reset()
    with step("Expected: EF.PL as written"):
        expect.equal(language(card), b"de", "EF.PL")


@testcase("procedure.FileStructure#13")
def test_pin_is_verified_for_one_profile(card, given, step):
    """A PIN verified in one Profile is not verified in the next, which has its own counter."""
    one, two = given.profiles(ONE, TWO, enabled=TWO)
    with step("Initial conditions: PIN1 of both enabled, one wrong try in the second Profile"):
        file_access.enable_pin(card)
        file_access.verify_pin(card, file_access.WRONG_PIN)
        own = file_access.tries_left(card)
        given.enable(one.iccid)
        file_access.enable_pin(card)
        other = file_access.tries_left(card)
        expect.equal(own, other - 1, "tries left in the second Profile")
    with step("Terminal -> eUICC: VERIFY PIN in the first Profile; expected: SW 9000"):
        expect.success(file_access.verify_pin(card, file_access.pin1()), "VERIFY PIN")
        expect.success(file_access.verify_pin(card), "VERIFY PIN, empty body")
    with step("S_LPAd -> eUICC: EnableProfile, the second; expected: 63CX with its own counter"):
        enable(card, two)
        expect.equal(file_access.tries_left(card), own, "tries left")


@testcase("procedure.FileStructure#14")
def test_wrong_try_counts_after_a_reset(card, given, step):
    """A wrong try of PIN1 counts after a reset, and after the Profile was Disabled and Enabled."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    with step("Initial conditions: PIN1 enabled by the Device, card reset"):
        file_access.enable_pin(card)
        before = file_access.tries_left(card)
    with step("Terminal -> eUICC: VERIFY PIN, wrong value; expected: one try less"):
        wrong = file_access.verify_pin(card, file_access.WRONG_PIN)
        expect.sw(wrong, 0x63C0 | before - 1, about="VERIFY PIN, wrong value")
    with step("Reset; expected: the same 63CX"):
        card.reset()
        expect.equal(file_access.tries_left(card), before - 1, "tries left after a reset")
    with step("S_LPAd -> eUICC: DisableProfile, EnableProfile; expected: the same 63CX"):
        disable(card, one)
        enable(card, one)
        card.reset()
        expect.equal(
            file_access.tries_left(card), before - 1, "tries left after Disable and Enable"
        )
    with step("S_LPAd -> eUICC: EnableProfile, another and back; expected: the same 63CX"):
        enable(card, two)
        enable(card, one)
        expect.equal(file_access.tries_left(card), before - 1, "tries left after a change and back")
