"""HTTP of an administration session: requests as cards write them, whole, in pieces and wrong."""

import pytest

from rspcore.errors import DecodeError
from rspharness.servers.scp81_dialogue import RESPONSES, AdministrationDialogue, chunked, read_post

SCRIPT = bytes.fromhex("AE80 2205 00A4000000 0000")
PROTOCOL = "X-Admin-Protocol: globalplatform-remote-admin/1.0"
FROM = "X-Admin-From: agent"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\n\r\n"


def post(uri, *headers, method="POST", body=b""):
    return "\r\n".join((f"{method} {uri} HTTP/1.1", *headers, "", "")).encode() + body


def dialogue(**options):
    return AdministrationDialogue(SCRIPT, uri="/a", next_uri="/b", **options)


FIRST = post("/a", "Host: h", PROTOCOL, FROM)
SECOND = post(
    "/b",
    PROTOCOL,
    FROM,
    "X-Admin-Script-Status: ok",
    f"Content-Type: {RESPONSES.replace(';', '; ')}",
    "Content-Length: 3",
    body=b"\xab\x01\x00",
)


def test_session_takes_two_posts():
    one = dialogue()
    answer = one.exchange(FIRST)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "HTTP/1.1 200 OK",
        PROTOCOL,
        "X-Admin-Next-URI: /b",
        "Content-Type: application/vnd.globalplatform.card-content-mgt;version=1.0",
        "Transfer-Encoding: chunked",
    ]
    assert body == b"B\r\n" + SCRIPT + b"\r\n0\r\n\r\n"
    assert one.response is None
    assert one.exchange(SECOND) == NO_CONTENT
    assert (one.ended, one.fault, one.response.body) == (True, None, b"\xab\x01\x00")


def test_octets_may_come_one_by_one():
    one = dialogue()
    answers = b"".join(one.exchange(bytes((octet,))) for octet in FIRST + SECOND)
    assert answers.endswith(NO_CONTENT)
    assert len(one.posts) == 2


def test_targeted_application_is_named():
    answer = dialogue(targeted="//aid/A000000559/1010").exchange(FIRST)
    assert b"\r\nX-Admin-Targeted-Application: //aid/A000000559/1010\r\n" in answer


def test_response_in_chunks_is_read():
    body = bytes(range(256)) * 5
    octets = post("/b", "Transfer-Encoding: chunked", body=chunked(body))
    read, rest = read_post(octets + b"more")
    assert (read.body, rest) == (body, b"more")
    assert all(read_post(octets[:count]) is None for count in range(len(octets)))


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (post("/a", PROTOCOL, FROM, method="GET"), "method of POST 1"),
        (post("/c", PROTOCOL, FROM), "URI of POST 1"),
        (post("/a", FROM), "X-Admin-Protocol of POST 1.*got none"),
        (post("/a", PROTOCOL), "without X-Admin-From"),
        (b"POST /a\r\n\r\n", "request line"),
        (b"x" * 9000, "no end of the HTTP header"),
        (post("/a", "no colon"), "a colon"),
        (post("/a", "Content-Length: 1x"), "no number"),
        (post("/a", "Content-Length: -1"), "negative"),
        (post("/a", "Transfer-Encoding: chunked", body=b"1\r\nabc"), "line break"),
        (FIRST + post("/b", PROTOCOL, FROM, "Content-Length: 1", body=b"x"), "Content-Type"),
        (FIRST + SECOND + FIRST, "after 204"),
    ],
)
def test_request_against_the_protocol_is_answered_400(octets, fault):
    one = dialogue()
    answer = one.exchange(octets)
    assert b"HTTP/1.1 400 Bad Request" in answer
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(one.fault)


def test_empty_line_is_no_request():
    with pytest.raises(DecodeError, match="request line"):
        read_post(b"\r\n\r\n")
