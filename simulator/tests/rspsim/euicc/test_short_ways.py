"""What passes all standard checks is seen without their tables, and exactly that."""

from itertools import product

import pytest

from rspcore.apdu import CommandApdu, Ins
from rspcore.frozen import replace
from rspcore.pki.generate import make_pki
from rspsim.env import SeededRng
from rspsim.euicc import channels
from rspsim.euicc.decisions import STANDARD, first_refusal
from rspsim.euicc.isdr import store_data
from rspsim.euicc.outcome import View
from rspsim.euicc.state import Channel, CommandChain, Volatile
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
    monkeypatch.setattr(store_data, "_is_whole", lambda *_: False)
    assert short == list(answers())
    assert sum(one.response.data.startswith(b"whole") for one in short) > 4
