"""HTTP exchanges of a trace, decoded: functions and members by name, nothing lost."""

import json
from base64 import b64encode

import pytest

from rspharness.evidence.decoded_trace import decoded
from rspharness.lpa.es9p_client import HttpReply, ServerUnreachableError
from rspharness.lpa.traced_port import TracedPort
from rspharness.record.trace import ReplayLink, Trace, read_events

ADDRESS = "dp.example.com"
PATH = "/gsma/rsp2/es9plus/"
JSON = {"Content-Type": "application/json"}


class Answers:
    """A port that has its answers."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def post(self, *_):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def traced(*answers, bodies, function="initiateAuthentication"):
    trace = Trace()
    port = TracedPort(Answers(*answers), trace)
    for body in bodies:
        try:
            port.post(ADDRESS, PATH + function, JSON, body)
        except ServerUnreachableError:
            continue
    return trace


def lines(trace):
    return [line.rstrip() for line in decoded(read_events(trace.text()))]


def test_function_status_and_time_are_named():
    shown = lines(traced(HttpReply(204, {}, b""), bodies=[b"{}"], function="handleNotification"))
    url = f"https://{ADDRESS}{PATH}handleNotification"
    assert shown[1] == f"HTTP request  ES9+ handleNotification  POST {url}"
    assert shown[2] == "    Content-Type: application/json"
    begin, time = shown[3].rsplit("  ", 1)
    assert begin == "HTTP answer  204"
    assert time.endswith(" ms")


def test_members_in_base64_are_decoded_and_others_stay():
    info = bytes.fromhex("BF20358203020500A918041481370F5125D0B1D408D4C3B232E6D25E795BEBFBAA16")
    body = {"smdpAddress": ADDRESS, "euiccInfo1": b64encode(info).decode(), "new": [1, "x"]}
    shown = lines(traced(HttpReply(500, {}, b""), bodies=[json.dumps(body).encode()]))
    assert f"    smdpAddress: {ADDRESS}" in shown
    assert '    new: [1, "x"]' in shown
    at = shown.index("    euiccInfo1")
    assert "81370F5125D0B1D408D4C3B232E6D25E795BEBFB" in "".join(shown[at:])


def test_member_that_is_no_base64_stays_as_it_came():
    shown = lines(traced(HttpReply(500, {}, b""), bodies=[b'{"euiccInfo1": "vyA*"}']))
    assert "    euiccInfo1: vyA*" in shown


@pytest.mark.parametrize("octets", [b"\x30\x03\x02\x01\x05", b"\xbf\x20\x00"])
def test_body_that_is_no_text_stands_in_octets(octets):
    shown = lines(traced(HttpReply(200, {}, octets), bodies=[b"{}"]))
    assert shown[-1] == f"    {octets.hex(' ').upper()}"


def test_requests_without_answer_are_apart_and_say_why():
    gone = ServerUnreachableError("dp: no answer\nin time")
    shown = lines(traced(gone, HttpReply(200, {}, b""), bodies=[b"{}", b"{}"]))
    starts = [line.split("  ")[0] for line in shown if line.startswith("HTTP")]
    assert starts == ["HTTP request", "HTTP no answer", "HTTP request", "HTTP answer"]
    assert r"HTTP no answer  dp: no answer\nin time" in shown


def test_exchanges_stand_between_the_commands_and_a_replay_passes_them_over():
    trace = Trace()
    trace.exchange(b"\x00\xa4\x00\x00", b"\x90\x00", 0.1)
    TracedPort(Answers(HttpReply(200, {}, b"")), trace).post(ADDRESS, PATH + "x", {}, b"")
    trace.remark("note: seen")
    trace.exchange(b"\x00\xa4\x00\x01", b"\x6a\x82", 0.1)
    shown = lines(trace)
    begins = [line.split("  ")[0] for line in shown[1:]]
    assert begins == ["line 2", "HTTP request", "HTTP answer", "# note: seen", "line 7"]
    card = ReplayLink.parse(trace.text())
    assert card.transmit(b"\x00\xa4\x00\x00") == b"\x90\x00"
    assert card.transmit(b"\x00\xa4\x00\x01") == b"\x6a\x82"
