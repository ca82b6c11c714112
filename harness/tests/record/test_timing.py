"""What is counted as a time of the card: its answers, and nothing that the host or others do."""

import pytest

from rspharness.record import timing
from rspharness.record.timing import Timings, cpu_stopwatch
from rspharness.simulated import inprocess


def test_procedure_takes_what_its_answers_take():
    times = Timings()
    times.add("STORE DATA GetEuiccData", 5.0)
    with times.procedure("AuthenticateServer"):
        times.add("STORE DATA GetEuiccInfo1", 1.5)
        times.add("STORE DATA AuthenticateServer", 20.25)
        sum(range(200_000))  # the host is at work
    assert times.by_name["procedure AuthenticateServer"] == [21.75]


def test_procedure_inside_a_procedure_counts_once():
    times = Timings()
    with times.procedure("download"):
        with times.procedure("PrepareDownload"):
            times.add("STORE DATA PrepareDownload", 2.0)
        times.add("STORE DATA GetEuiccData", 1.0)
    assert times.by_name["procedure PrepareDownload"] == [2.0]
    assert times.by_name["procedure download"] == [3.0]


def test_procedure_that_raises_is_kept():
    times = Timings()

    def refused():
        with times.procedure("download"):
            times.add("SELECT", 1.0)
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        refused()
    assert times.by_name["procedure download"] == [1.0]


def test_cpu_stopwatch_asks_the_clock_of_the_thread(monkeypatch):
    now = iter((2.0, 2.5))
    monkeypatch.setattr(timing, "thread_time", lambda: next(now))
    assert cpu_stopwatch()() == 500.0


def test_card_in_this_process_is_measured_in_cpu_time(monkeypatch):
    monkeypatch.setattr(inprocess, "cpu_stopwatch", lambda: lambda: 7.0)

    class Cards:
        def transmit(self, command):
            return command[:2]

    link = inprocess._DirectLink(Cards())
    assert link.transmit(b"\x90\x00\x00") == b"\x90\x00"
    assert link.answer_ms == 7.0
