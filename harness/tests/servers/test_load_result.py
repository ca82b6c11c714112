"""The outcome of a load on the simulated card: each function passes only where it applies."""

import pytest

from rspcore import tlv
from rspcore.messages.es10a import SetDefaultDpAddressRequest
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, SettledError
from rspharness.run.run import Run, RunOptions
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.servers.rsp_session import Loaded

ONE = profile("PROFILE_OPERATIONAL1")
COMMAND, REASON = BppCommandId.initialiseSecureChannel, ErrorReason.invalidSignature


@pytest.fixture
def before(card):
    return card.observe()


@pytest.fixture
def session(card, server, before):
    return server.prepared(card)


def test_load_that_ends_with_an_error_is_described(session, before):
    loaded = session.install(ONE, otpk_euicc=session.server.one_time_key().public)
    result = load_result.ended(session, loaded, before, COMMAND, REASON)
    assert result.error_reason == REASON
    load_result.refused_or_ended(session, loaded, before, load_result.MISPLACED, COMMAND, REASON)
    expected = "PIR errorResult initialiseSecureChannel(0), invalidSignature(2); SW 9000 (OK)"
    assert load_result.described(loaded) == expected
    with pytest.raises(ExpectationError, match="configureISDP"):
        load_result.ended(session, loaded, before, BppCommandId.configureISDP, REASON)
    with pytest.raises(ExpectationError):
        load_result.refused(session, loaded, before)
    with pytest.raises(ExpectationError, match="segment 0"):
        load_result.continued(loaded)


def test_either_outcome_is_accepted_where_both_are_right(card, server, before):
    for fields in ({}, {"otpk_euicc": server.one_time_key().public}):
        session = server.prepared(card)
        loaded = session.load(session.package(ONE, **fields).until(1))
        load_result.continued_or_ended(session, loaded, before, COMMAND, REASON)
    before, session = card.observe(), server.prepared(card)
    loaded = session.install(ONE, otpk_euicc=server.one_time_key().public)
    load_result.installed_or_ended(session, loaded, before, COMMAND, REASON)
    other = ErrorReason.invalidTransactionId
    with pytest.raises(ExpectationError, match="invalidSignature"):
        load_result.installed_or_ended(session, loaded, before, COMMAND, other)
    session = server.prepared(card)
    load_result.installed_or_ended(session, session.install(ONE), before, COMMAND, REASON)


def test_result_that_is_not_kept_is_a_failure(card, session, before):
    loaded = session.install(ONE, otpk_euicc=session.server.one_time_key().public)
    number = loaded.pir.data.notification_metadata.seq_number
    card.store(bytes.fromhex("BF30038001") + bytes([number]))
    with pytest.raises(ExpectationError, match="list of Notifications"):
        load_result.ended(session, loaded, before, COMMAND, REASON)


def test_what_a_failed_load_leaves_is_settled_whatever_its_reason(card, session, before):
    """A probe leaves open which reason the result names, and not that nothing is left."""
    loaded = session.install(ONE, otpk_euicc=session.server.one_time_key().public)
    card.send(SetDefaultDpAddressRequest(default_dp_address="left.example.com"))
    for command in (COMMAND, BppCommandId.configureISDP):
        with pytest.raises(SettledError):
            load_result.ended(session, loaded, before, command, REASON)


def test_second_result_is_a_failure(session, before):
    other = session.server.one_time_key().public
    session.install(ONE, otpk_euicc=other)
    again = session.server.prepared(session.card)
    loaded = again.install(ONE, otpk_euicc=other)
    with pytest.raises(ExpectationError, match="numbers"):
        load_result.ended(again, loaded, before, COMMAND, REASON)


def test_segment_out_of_place_is_refused(session, before):
    loaded = session.load(session.package(ONE).since(1))
    load_result.refused(session, loaded, before)
    load_result.refused_or_ended(session, loaded, before, load_result.MISPLACED, COMMAND, REASON)
    assert load_result.described(loaded) == "SW 6985 (conditions not satisfied) without PIR"
    with pytest.raises(ExpectationError, match="6A80"):
        load_result.refused(session, loaded, before, 0x6A80)


def test_refusal_is_recognised_on_a_card_that_answers_only_the_load(tmp_path, make_server):
    target = tmp_path / "exclusive.toml"
    target.write_text('kind = "inprocess"\n[card]\noptions = "exclusive-load=true"\n')
    run = Run(RunOptions(target=str(target)))
    card = run.open_card(Trace(), Timings())
    before, session = card.observe(), make_server().prepared(card)
    package = session.package(ONE)
    load_result.continued(session.load(package.until(2)))
    load_result.refused(session, session.load(package.until(1)), before)


def test_accepted_segments_count_as_went_on(session):
    load_result.continued(session.load(session.package(ONE).until(4)))


def test_profile_is_listed_after_success(card, session, before):
    loaded = session.install(ONE)
    info = load_result.installed(session, loaded)
    assert info.iccid == ONE.metadata.iccid
    assert load_result.described(loaded) == "PIR successResult; SW 9000 (OK)"
    with pytest.raises(ExpectationError, match="successResult"):
        load_result.ended(session, loaded, before, COMMAND, REASON)
    with pytest.raises(ExpectationError, match="no ProfileInstallationResult"):
        load_result.installed(session, Loaded(loaded.responses[:-1], None))
    card.store(bytes.fromhex("BF330C5A0A") + ONE.metadata.iccid.octets)
    with pytest.raises(ExpectationError, match="none is listed"):
        load_result.installed(session, loaded)


def test_list_that_is_odd_elsewhere_leaves_the_result_sound(session, before, monkeypatch):
    send = session.card.send_raw

    def with_long_nickname(octets, *others, **named):
        data, sw = send(octets, *others, **named)
        if data[:2] == b"\xbf\x2d":
            (one,) = tlv.parse(data).find(0xA0).children()
            entry = tlv.encode(0xE3, bytes(one.value) + tlv.encode(0x90, b"n" * 65))
            data = tlv.encode(0xBF2D, tlv.encode(0xA0, entry))
        return data, sw

    loaded = session.install(ONE)
    monkeypatch.setattr(session.card, "send_raw", with_long_nickname)
    assert load_result.installed(session, loaded).iccid == ONE.metadata.iccid
    with pytest.raises(ExpectationError, match="a ProfileInfoListResponse"):
        load_result.installed_info(session, loaded)
