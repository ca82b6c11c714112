"""What passes all standard checks is seen without their tables, and exactly that."""

from itertools import product

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.frozen import replace
from rspcore.ids import Aid, Iccid
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.generate import make_pki
from rspcore.tags import ISDR_AID
from rspsim.env import SeededRng
from rspsim.euicc import channels, port_states
from rspsim.euicc.decisions import STANDARD, first_refusal
from rspsim.euicc.isdr import dispatch, store_data
from rspsim.euicc.options import Options
from rspsim.euicc.outcome import View
from rspsim.euicc.personality import personality_named
from rspsim.euicc.session import SessionState
from rspsim.euicc.state import (
    Channel,
    CommandChain,
    PendingSwitch,
    Ports,
    PortState,
    Profile,
    Volatile,
)
from rspsim.personalise import personalise


@pytest.fixture(scope="module")
def view():
    return View(personalise(make_pki()), Volatile(), SeededRng(b"1"), STANDARD)


def test_class_octet_is_judged_as_by_the_table(view):
    secured = replace(Channel(), secure=object())
    states = [
        view,
        replace(view, volatile=view.volatile.with_channel(0, secured).with_channel(5, Channel())),
        replace(view, volatile=view.volatile.with_channel(1, Channel())),
    ]
    table = view.decisions[channels.CHECKS]
    found = set()
    for one, cla, ins in product(states, range(256), (*Ins, 0x00, 0xFF)):
        command = CommandApdu(cla, ins, 0, 0)
        wanted = first_refusal(table, channels.Received(command, one))
        assert channels._class_refusal(command, one) == wanted, (cla, ins)
        found.add(wanted)
    assert len(found) > 3


def test_block_of_store_data_is_taken_as_by_the_table(view, monkeypatch):
    waiting = view.with_channel(replace(view.channel, chain=CommandChain(octets=b"1", blocks=256)))
    small = replace(view.state.options, command_capacity=5)
    tight = replace(view, state=replace(view.state, options=small))

    def answers():
        for one, p1, p2, size in product(
            (view, waiting, tight), (0x11, 0x91, 0x90, 0x00), (0, 1, 255), (0, 1, 5, 6)
        ):
            command = CommandApdu(0x81, Ins.STORE_DATA, p1, p2, bytes(size))
            yield store_data.gather(command, one, lambda octets, v: v.outcome(b"whole" + octets))

    short = list(answers())
    monkeypatch.setattr(store_data, "_passes", lambda *_: False)
    assert short == list(answers())
    assert sum(one.response.data.startswith(b"whole") for one in short) > 4


def test_function_of_the_isdr_is_refused_as_by_the_table(view):
    strict = Options(terminal_capability_enforced=True, exclusive_load=True)
    asks = replace(view, state=replace(view.state, options=strict))
    capable = replace(view.volatile.cat, terminal_capability=0x05)
    partly = replace(asks, volatile=replace(view.volatile, cat=capable))
    loading = replace(view.volatile.session, state=SessionState.LOADING)
    busy = replace(view, volatile=replace(view.volatile, session=loading))
    table = view.decisions[dispatch.CHECKS]
    functions = view.decisions[dispatch.FUNCTIONS]
    found = set()
    for one, tag in product((view, asks, partly, busy), (*functions, 0xBF99)):
        function = functions.get(tag)
        wanted = first_refusal(table, dispatch.Requested(tag, function, one))
        assert dispatch._refusal(tag, function, one) == wanted, f"{tag:X}"
        found.add(wanted)
    assert len(found) > 2


def test_request_that_was_read_before_is_answered_as_one_that_was_not(view, monkeypatch):
    newer = replace(view, state=personalise(make_pki(), personality=personality_named("v3.1")))
    bodies = ("", "5C015A", "800101", "5A0A", "A1023080", "82020780", "5C", "0403")
    requests = [
        tlv.encode(tag, bytes.fromhex(body))
        for tag, body in product((*dispatch.FUNCTIONS.standard, 0xBF99, 0xBF36), bodies)
    ]

    def answers():
        for octets, one in product(requests, (view, newer, view, newer)):
            yield dispatch.dispatch(octets, replace(one, rng=SeededRng(b"1")))

    dispatch._read.cache_clear()
    kept = list(answers())
    enable = bytes.fromhex("BF3111A00C5A0A98001032547698103254810100")
    for of_version_3 in (False, True):
        function, request = dispatch._read(enable, newer=of_version_3)
        assert request.__class__ is function.request_for(newer=of_version_3)
    assert function.request_v3
    assert dispatch._read.cache_info().hits >= len(requests)
    monkeypatch.setattr(dispatch, "_OFTEN", 0)
    assert kept == list(answers())
    assert len({one.response for one in kept}) > 10


def test_profile_is_listed_as_it_is_now_and_not_as_it_was(view):
    whole, names = bytes.fromhex("BF2D00"), bytes.fromhex("BF2D045C025A90")
    kinds = (view.state.personality, personality_named("v3.1"))
    aid, iccid = Aid(bytes(range(16))), Iccid.from_digits("8999001100000000001")
    metadata = StoreMetadataRequest(
        iccid=iccid, service_provider_name="Operator", profile_name="Profile"
    )
    first = Profile(aid=aid, metadata=metadata, nickname="old")
    changed = (
        replace(first, nickname="new"),
        replace(first, state=ProfileState.enabled),
        replace(first, metadata=replace(metadata, profile_name="Other")),
    )
    for request, kind in product((whole, names), kinds):
        for one in (first, first, *changed):
            state = replace(view.state, personality=kind, profiles=(one,))
            unseen = replace(state, profiles=(replace(one),))
            listed = dispatch.dispatch(request, replace(view, state=state)).response
            assert listed == dispatch.dispatch(request, replace(view, state=unseen)).response
            assert one.nickname.encode() in listed.data


def test_state_is_the_same_on_every_port_only_where_each_port_sees_all_of_it(view):
    aid, iccid = Aid(bytes(range(16))), Iccid.from_digits("8999001100000000001")
    metadata = StoreMetadataRequest(
        iccid=iccid, service_provider_name="Operator", profile_name="Profile"
    )
    off = Profile(aid=aid, metadata=metadata)
    profiles = ((), (off,), (replace(off, state=ProfileState.enabled),), (replace(off, port=1),))
    parts = ((), (PortState(number=1),))
    ways = product(profiles, (None, aid), (None, PendingSwitch()), parts)
    found = []
    for installed, back, waits, own in ways:
        state = replace(
            view.state, profiles=installed, return_to=back, pending_switch=waits, port_states=own
        )
        seen = [port_states.single(state)]
        for number in (0, 1):
            numbered = port_states.numbered(state, Ports(mode=1, count=2, highest=2))
            seen.append(port_states.on_port(numbered, number))
        if state.same_on_every_port:
            assert all(one is state for one in seen)
        found.append(state.same_on_every_port)
    assert found.count(True) == 2


@pytest.mark.parametrize("dropped", [True, False])
@pytest.mark.parametrize(
    "command",
    [
        "81CA005A00",  # refused
        "01A40004023F00",  # without answer data
        "0070000002",  # 6CXX
        "0070000001",  # data at once, on another channel
        "81E2910006BF3E035C015A00",  # data that wait in its place
        "81E2910003BF3E00",  # an answer of its own without data
        "01700000",
        "817C0000",
    ],
)
def test_what_waits_is_dropped_as_if_before_the_command(view, command, dropped):
    decisions = view.decisions.having(channels.DROPS_RESPONSE, dropped)
    waiting = Channel(application=ISDR_AID, response=b"waits", response_sw=0x9000)
    octets = bytes.fromhex(command)
    number = octets[0] & 3
    volatile = view.volatile.with_channel(1, Channel()).with_channel(number, waiting)
    empty = replace(waiting, response=b"")
    late = channels.process(octets, replace(view, volatile=volatile, decisions=decisions))
    before = volatile.with_channel(number, empty) if dropped else volatile
    early = channels.process(octets, replace(view, volatile=before, decisions=decisions))
    assert late == early
