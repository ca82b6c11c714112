"""ES10b.LoadBoundProfilePackage: whole downloads, and the order of their segments (5.7.6)."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.bpp import segments
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys
from rspcore.ids import Iccid, Oid, TransactionId
from rspcore.messages import es10b
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason, ProfileInstallationResult
from rspsim.euicc import memory
from rspsim.euicc.options import MisplacedSegment, Options
from rspsim.euicc.personality import personality_named
from rspsim.euicc.session import SessionState
from rspsim.personalise import RATS

sys.path.insert(0, str(Path(__file__).parents[3]))
from evidence import place

C, E = BppCommandId, ErrorReason
PPK = BspKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST_ID = bytes.fromhex("0102030405060708")


@pytest.fixture
def bench(lab, profile_of):
    """A prepared download: lab, server, otPK and the good pieces."""
    server, profile = lab.server(), profile_of()
    otpk = lab.prepared(server)
    return lab, server, otpk, server.bind(lab, otpk, profile)


@pytest.mark.parametrize("keys", [None, PPK], ids=["session-keys", "ppk"])
@pytest.mark.parametrize("curve", Curve)
def test_download_installs_a_disabled_profile(lab, profile_of, curve, keys):
    profile, server = profile_of(size=5000), lab.server(curve)
    result = lab.download(profile, server, replace_keys=keys)
    data = result.data
    success = data.final_result.success_result
    assert success.sima_response.hex() == "3007a0053003800100"
    assert str(success.aid) == "A0000005591010FFFFFFFF8900001000"
    assert (data.transaction_id, data.smdp_oid) == (server.transaction, Oid("2.999.10"))
    metadata = data.notification_metadata
    assert metadata.profile_management_operation == {NotificationEvent.notificationInstall}
    assert (metadata.seq_number, metadata.notification_address) == (1, "testsmdpplus1.example.com")
    assert metadata.iccid == profile.metadata.iccid
    assert lab.euicc_key(curve).verify(result.euicc_sign_pir, data.encode())
    assert lab.states() == {str(profile.metadata.iccid): 0}
    assert lab.state.profiles[0].package == profile.upp
    assert lab.card.volatile.session.state is SessionState.IDLE


def test_one_commit_makes_profile_and_result(lab, profile_of):
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    before = lab.store.commits
    lab.load(cut[:-1])
    assert lab.store.commits == before
    lab.load(cut[-1:])
    assert lab.store.commits == before + 1
    stored = lab.store.load()
    assert (len(stored.profiles), len(stored.notifications)) == (1, 1)


def test_real_test_profile_installs(lab, profile_of):
    path = place("ts48/TS48v3_SAIP2.1_NoBERTLV.der")
    iccid = Iccid.from_digits("89000123456789012341")
    profile = profile_of(iccid=iccid, with_owner=False, profile_class=ProfileClass.test)
    result = lab.download(replace(profile, upp=path.read_bytes()))
    assert result.data.final_result.success_result is not None


def test_aids_are_unique_and_the_lowest_free_one_comes_next(lab, profile_of):
    profiles = [profile_of(n) for n in range(3)]
    lab.install(*profiles)
    assert [str(p.aid)[-6:] for p in lab.state.profiles] == ["001000", "001100", "001200"]
    lab.delete(profiles[1].metadata.iccid)
    lab.install(profile_of(7))
    assert str(lab.state.profiles[-1].aid)[-6:] == "001100"


def test_install_notifications_are_made_beside_the_result(lab, profile_of):
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({NotificationEvent.notificationInstall}),
            notification_address=f"n{n}.example.com",
        )
        for n in range(3)
    )
    profile = profile_of(notification_configuration=entries)
    lab.install(profile)
    assert lab.pending() == [(0, str(profile.metadata.iccid))] * 4
    assert [one.seq_number for one in lab.state.notifications] == [1, 2, 3, 4]


def small(lab_type, size):

    lab = lab_type()
    kind = replace(personality_named("v2.5"), nvm_size=size)
    return lab_type(state=replace(lab.state, personality=kind))


@pytest.mark.parametrize(
    ("size", "command"),
    [(1000, C.configureISDP), (1050, C.storeMetadata), (2000, C.loadProfileElements)],
)
def test_missing_memory_fails_the_command_that_needs_it(lab_type, profile_of, size, command):
    lab = small(lab_type, size)
    server = lab.server()
    pieces = server.bind(lab, lab.prepared(server), profile_of(size=5000))
    expected = (command, E.installFailedDueToInsufficientMemoryForProfile)
    assert lab.refusal_of(pieces) == expected


def test_free_memory_falls_with_a_profile_and_rises_when_it_is_deleted(lab, profile_of):
    free = memory.FREE.standard
    before = free(lab.state)
    profile = profile_of(size=5000)
    lab.install(profile)
    assert before - free(lab.state) == 1024 + 5000 + len(profile.metadata.encode())
    lab.delete(profile.metadata.iccid)
    assert free(lab.state) == before


def test_install_until_full_keeps_the_earlier_ones(lab_type, profile_of):
    lab = small(lab_type, 20_000)
    for number in range(9):
        server = lab.server()
        profile = profile_of(number, size=5000)
        data, _ = lab.load(server.bind(lab, lab.prepared(server), profile))
        if lab.error_of(data):
            break
    assert lab.refused(data)[1] == E.installFailedDueToInsufficientMemoryForProfile
    assert (number, len(lab.states())) == (3, 3)


def test_segments_without_a_prepared_download_change_nothing(lab, profile_of):
    server, profile = lab.server(), profile_of()
    signature1 = lab.authenticated(server)
    otpk = server.one_time.public.point
    pieces = server.bind(lab, otpk, profile)
    assert lab.load(pieces) == (b"", 0x6985)
    assert lab.prepare(server, signature1).download_response_ok is not None


@pytest.mark.parametrize(
    ("option", "expected"),
    [(MisplacedSegment.CONDITIONS, 0x6985), (MisplacedSegment.NOT_FOUND, 0x6A88)],
)
@pytest.mark.parametrize("skipped", [0, 1, 2, 3, 4])
def test_segment_out_of_place_keeps_the_load(lab_type, profile_of, option, expected, skipped):
    lab = lab_type(options=Options(misplaced_segment=option))
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    lab.load(cut[:skipped])
    assert lab.load(cut[skipped + 1 : skipped + 2]) == (b"", expected)
    data, _ = lab.load(cut[skipped:])
    assert lab.success_of(data)


def test_segment_out_of_place_can_end_the_load(lab_type, profile_of):
    lab = lab_type(options=Options(misplaced_segment=MisplacedSegment.FAIL))
    server = lab.server()
    cut = segments(server.bind(lab, lab.prepared(server), profile_of()).encode())
    lab.load(cut[:1])
    data, _ = lab.load(cut[2:3])
    assert lab.refused(data) == (C.configureISDP, E.scp03tStructureError)


@pytest.mark.parametrize("stranger", ["8500", "8700", "BF7F00"])
def test_unknown_segment_keeps_the_load(bench, stranger):
    lab, _, _, pieces = bench
    cut = segments(pieces.encode())
    lab.load(cut[:-1])
    assert lab.send(bytes.fromhex(stranger)) == (b"", 0x6A88)
    data, _ = lab.load(cut[-1:])
    assert lab.success_of(data)


def test_whole_package_in_one_chain_is_no_segment(bench):
    lab, _, _, pieces = bench
    assert lab.send(pieces.encode()) == (b"", 0x6A80)
    assert lab.card.volatile.session.state is SessionState.PREPARED


def test_nothing_follows_a_result(bench):
    lab, _, _, pieces = bench
    cut = segments(pieces.encode())
    lab.load(cut)
    before = lab.state
    assert lab.load(cut) == (b"", 0x6985)
    assert lab.load(cut[-1:]) == (b"", 0x6985)
    assert lab.state is before


def test_challenge_during_a_load_abandons_it(bench):
    lab, _, _, pieces = bench
    lab.load(segments(pieces.encode())[:-1])
    lab.challenge()
    assert (lab.states(), lab.pending()) == ({}, [])


@pytest.mark.parametrize(("exclusive", "expected"), [(False, 0x9000), (True, 0x6985)])
def test_other_functions_during_a_load_follow_the_option(lab_type, profile_of, exclusive, expected):
    lab = lab_type(options=Options(exclusive_load=exclusive))
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    lab.load(cut[:-1])
    assert lab.send(bytes.fromhex("BF2D00"))[1] == expected
    data, _ = lab.load(cut[-1:])
    assert lab.success_of(data)


@pytest.mark.parametrize("bound", [True, False])
def test_load_on_another_channel_follows_the_option(lab_type, profile_of, bound):
    lab = lab_type(options=Options(load_bound_to_channel=bound))
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    lab.load(cut[:3])
    assert lab.apdu("0170000001")[0] == 2
    lab.channel = 2
    data, sw = lab.load(cut[3:])
    assert (data == b"", sw) == (bound, 0x6985 if bound else 0x9000)


@pytest.mark.parametrize("bound", [True, False])
def test_load_after_its_channel_was_closed_follows_the_option(lab_type, profile_of, bound):
    lab = lab_type(options=Options(load_bound_to_channel=bound))
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    lab.load(cut[:3])
    assert lab.apdu("00708001") == b"\x90\x00"
    assert lab.apdu("0070000001")[0] == 1
    lab.select()
    data, sw = lab.load(cut[3:])
    assert (data == b"", sw) == (bound, 0x6985 if bound else 0x9000)


def test_group_longer_than_its_segments_never_ends(bench):
    lab, _, _, pieces = bench
    cut = list(segments(pieces.encode()))
    position = next(n for n, one in enumerate(cut) if one[0] == 0xA3)
    total = sum(map(len, cut[position + 1 :]))
    cut[position] = b"\xa3" + tlv.encode_length(total + 1)
    assert lab.load(cut) == (b"", 0x9000)
    assert lab.states() == {}


def test_group_shorter_than_its_segments_is_refused(bench):
    lab, _, _, pieces = bench
    cut = list(segments(pieces.encode()))
    position = next(n for n, one in enumerate(cut) if one[0] == 0xA3)
    cut[position] = b"\xa3" + tlv.encode_length(len(cut[position + 1]) - 1)
    data, _ = lab.load(cut)
    assert lab.refused(data) == (C.loadProfileElements, E.scp03tStructureError)


@pytest.mark.parametrize("interrupted", [False, True])
def test_state_after_a_power_cut_during_a_load_follows_the_option(
    lab_type, profile_of, interrupted
):
    lab = lab_type(options=Options(interruption_pir=interrupted))
    server, profile = lab.server(), profile_of()
    cut = segments(server.bind(lab, lab.prepared(server), profile).encode())
    lab.load(cut[:-1])
    lab.reboot()
    assert lab.states() == {}
    if interrupted:
        (one,) = lab.state.notifications
        data = ProfileInstallationResult.decode(one.octets).data
        error = data.final_result.error_result
        assert error.error_reason == E.installFailedDueToInterruption
        assert error.bpp_command_id == C.loadProfileElements
        assert data.notification_metadata.iccid == profile.metadata.iccid
    else:
        assert lab.state.notifications == ()
    lab.install(profile)
    assert lab.state.open_installation is None


def test_same_package_is_accepted_again_with_the_kept_key(lab, profile_of):
    server, profile = lab.server(), profile_of()
    otpk = lab.prepared(server)
    lab.load(segments(server.bind(lab, otpk, profile).encode())[:4])
    lab.reboot()
    again = replace(server, transaction=TransactionId(b"\x77"))
    assert lab.prepared(again, otpk=otpk) == otpk
    data, _ = lab.load(again.bind(lab, otpk, profile))
    assert lab.success_of(data)


def test_result_is_kept_until_it_is_removed(lab, profile_of):
    result = lab.download(profile_of())
    lab.reboot()
    answer = lab.call(
        es10b.RetrieveNotificationsListRequest(), es10b.RetrieveNotificationsListResponse
    )
    assert answer.notification_list == (result.encode(),)


def test_table_of_rules_has_no_unused_name():
    assert set(RATS) >= {"any-operator", "empty", "one-operator", "one-gid", "wildcard-digits"}
