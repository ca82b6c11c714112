"""ES10 functions in further forms: cut into small blocks, between the steps of a session."""

from dataclasses import replace

from rspcore.crypto.kdf import BspKeys
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest, SetDefaultDpAddressRequest
from rspcore.messages.es10b import (
    CancelSessionReason,
    NotificationSentRequest,
)
from rspcore.messages.es10c import SetNicknameRequest
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import load_result
from rspharness.servers.card_signatures import verify_authentication, verify_preparation
from rspharness.servers.rsp_server import profile
from rspharness.suite.read_answers import answers, unchanged

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
ADDRESS = "small.example.com"
KEYS = BspKeys(
    mac_chaining_value=bytes(16),
    s_enc=bytes.fromhex("5D1F6E82B39C47A0E85BD2146F7390CA"),
    s_mac=bytes.fromhex("A96B03D8174EF25C8D30E1B7429F6518"),
)
SMALL = 6


@testcase("Transport.StoreData#56")
def test_requests_in_small_blocks(card, given, server, step):
    """Every function in blocks of six octets is carried out as in one block."""
    (one,) = given.profiles(ONE)
    usual = card.options
    with step("Initial conditions: functions that read, in usual blocks"):
        first = answers(card)
    card.options = replace(usual, block_size=SMALL)
    with step("S_LPAd -> eUICC, blocks of six octets: the same; expected: the same answers"):
        unchanged(first, answers(card))
    with step("S_LPAd -> eUICC: AuthenticateServer, CancelSession; expected: signed"):
        session = server.open(card)
        verify_authentication(session, session.authenticate())
        expect.ok(session.cancel(CancelSessionReason.postponed))
    with step("S_LPAd -> eUICC: PrepareDownload, a package; expected: PIR successResult"):
        session = server.authenticated(card)
        verify_preparation(session, session.prepare())
        loaded = session.install(profile(TWO), replace_keys=KEYS)
        load_result.installed(session, loaded)
        number = loaded.pir.data.notification_metadata.seq_number
    with step("S_LPAd -> eUICC: SetDefaultDpAddress, SetNickname, RemoveNotificationFromList"):
        expect.ok(card.send(SetDefaultDpAddressRequest(default_dp_address=ADDRESS)))
        expect.ok(card.send(SetNicknameRequest(iccid=one.iccid, profile_nickname="Small")))
        expect.ok(card.send(NotificationSentRequest(seq_number=number)))
    card.options = usual
    with step("Expected, in usual blocks: address and nickname; the result is gone"):
        addresses = card.send(EuiccConfiguredAddressesRequest())
        expect.equal(addresses.default_dp_address, ADDRESS, "default SM-DP+ address")
        names = {info.iccid: info.profile_nickname for info in card.profiles()}
        expect.equal(names[one.iccid], "Small", "nickname")
        left = [about.seq_number for about in card.notifications()]
        expect.that(
            holds=number not in left, expected=f"no Notification {number}", actual=str(left)
        )


@testcase("Transport.StoreData#57")
def test_reading_functions_within_a_session(card, given, server, step):
    """Functions that read, between the steps of a session, answer as before and end nothing."""
    given.profiles(TWO)
    with step("S_LPAd -> eUICC: functions that read"):
        first = answers(card)
    with step("S_LPAd -> eUICC: the same after GetEUICCChallenge; expected: the same answers"):
        session = server.open(card)
        unchanged(first, answers(card))
    with step("S_LPAd -> eUICC: the same after AuthenticateServer; expected: the same answers"):
        verify_authentication(session, session.authenticate())
        unchanged(first, answers(card))
    with step("S_LPAd -> eUICC: the same after PrepareDownload; expected: the same answers"):
        verify_preparation(session, session.prepare())
        unchanged(first, answers(card))
    with step("S_LPAd -> eUICC: the package; expected: PIR successResult"):
        load_result.installed(session, session.install(profile(ONE)))
