"""Octets and requests: what is read, in any pieces; what is refused; how answers are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rspsim.smdpp import HttpRequest, HttpResponse
from rspsim.transports.http_wire import Refusal, RequestReader, answer_octets

HOST = b"Host: a\r\n"
LIMIT = 100


def read(octets, pieces=()):
    """Returns what a reader makes of octets, fed whole or cut at the given places."""
    reader = RequestReader(LIMIT)
    found = None
    for start, end in zip((0, *pieces), (*pieces, len(octets)), strict=True):
        reader.feed(octets[start:end])
        found = found or reader.read()
    return found


def post(*lines, body=b"", version=b"1.1", host=HOST):
    head = b"POST / HTTP/" + version + b"\r\n" + host + b"".join(one + b"\r\n" for one in lines)
    return head + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


@pytest.mark.parametrize(
    ("octets", "path", "body"),
    [
        (b"GET /a/b?c=/d HTTP/1.1\r\nHost: x\r\n\r\n", "/a/b", b""),
        (b"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "/", b""),
        (b"GET /%41%2Fb%0a HTTP/1.1\r\nHost: x\r\n\r\n", "/A%2Fb\n", b""),
        (b"GET http://x:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "/a", b""),
        (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", "http://[", b""),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*", b""),
        (b"GET / HTTP/1.0\r\n\r\n", "/", b""),
        (post(b"Content-Length: 3", body=b"abc"), "/", b"abc"),
        (post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"), "/", b"abc"),
        (post(b"Content-Length: 100", body=bytes(100)), "/", bytes(100)),
        (chunked(b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: 1\r\n\r\n"), "/", b"abcd"),
        (chunked(b"64\r\n" + bytes(100) + b"\r\n0\r\n\r\n"), "/", bytes(100)),
    ],
)
def test_request_is_read(octets, path, body):
    found = read(octets)
    assert isinstance(found, HttpRequest)
    assert (found.path, found.body) == (path, body)
    assert found == read(octets, tuple(range(1, len(octets))))


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (post(host=b""), 400),
        (post(host=HOST + HOST), 400),
        (post(b"Content-Length: -1"), 400),
        (post(b"Content-Length: +2", body=b"{}"), 400),
        (post(b"Content-Length: 2_0"), 400),
        (post(b"Content-Length: 0x2", body=b"{}"), 400),
        (post(b"Content-Length: "), 400),
        (post(b"Content-Length: 2, 3", body=b"{}"), 400),
        (post(b"Content-Length: 2", b"Content-Length: 3", body=b"{}"), 400),
        (
            post(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
            400,
        ),
        (post(b"Content-Length: 101"), 413),
        (post(b"Content-Length: 99999999999999999999"), 413),
        (post(b"Content-Length: 999999999999999999999"), 400),
        (post(b"Transfer-Encoding: chunked, chunked"), 501),
        (post(b"Transfer-Encoding: gzip"), 501),
        (chunked(b"zz\r\n"), 400),
        (chunked(b"+2\r\n{}\r\n0\r\n\r\n"), 400),
        (chunked(b"0x2\r\n{}\r\n0\r\n\r\n"), 400),
        (chunked(b"0_2\r\n{}\r\n0\r\n\r\n"), 400),
        (chunked(b"-2\r\n"), 400),
        (chunked(b"2\n{}\n0\n\n"), 400),
        (chunked(b"2\r\n{}\r\n0\n"), 400),
        (chunked(b"2\r\n{}XX0\r\n\r\n"), 400),
        (chunked(b"1\r\n{}\r\n0\r\n\r\n"), 400),
        (chunked(b"FFFFFFFFFFFFFFFF\r\n"), 413),
        (chunked(b"32\r\n" + bytes(50) + b"\r\n33\r\n"), 413),
        (chunked(b"FFFFFFFFFFFFFFFF\r\n" + bytes(101)), 413),
        (chunked(b"65\r\n" + bytes(101)), 413),
        (chunked(b"32\r\n" + bytes(50) + b"\r\n33\r\n" + bytes(51)), 413),
        (post(b"A: \x00"), 400),
        (post(b"A\x00: b"), 400),
        (post(b"A: b\rc"), 400),
        (post(b"A : b"), 400),
        (post(b": b"), 400),
        (post(b"no colon"), 400),
        (post(version=b"2.0"), 505),
        (post(version=b"11"), 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (post(b"A: " + b"x" * 20_000), 431),
        (b"x" * 20_000, 431),
    ],
)
def test_what_is_no_request_is_refused(octets, status):
    found = read(octets)
    assert isinstance(found, Refusal)
    assert found.status == status
    assert found.reason.isprintable()


@pytest.mark.parametrize("size", [b"", b"2", b"2\r\n{}\r\n0"])
def test_half_a_request_is_refused_when_the_client_closes_or_is_late(size):
    reader = RequestReader(LIMIT)
    reader.feed(chunked(size))
    assert reader.read() is None
    assert reader.begun
    assert (reader.end().status, reader.late(5).status) == (400, 408)
    assert reader.late(5).request.method == "POST"


def test_requests_that_come_together_are_read_one_by_one():
    reader = RequestReader(LIMIT)
    reader.feed(post(b"Content-Length: 1", body=b"a") + post(b"Content-Length: 1", body=b"b"))
    first = reader.read()
    assert reader.keep_alive
    reader.next_request()
    assert reader.begun
    assert (first.body, reader.read().body) == (b"a", b"b")
    reader.next_request()
    assert not reader.begun
    assert reader.read() is None


@pytest.mark.parametrize(
    ("octets", "kept"),
    [
        (post(), True),
        (post(b"Connection: close"), False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", False),
    ],
)
def test_connection_is_kept_as_the_client_wishes(octets, kept):
    reader = RequestReader(LIMIT)
    reader.feed(octets)
    assert isinstance(reader.read(), HttpRequest)
    assert reader.keep_alive is kept


def test_client_that_waits_for_100_gets_it_once_and_only_for_a_body_that_is_read():
    reader = RequestReader(LIMIT)
    reader.feed(post(b"Expect: 100-continue", b"Content-Length: 1"))
    assert reader.read() is None
    assert [reader.take_wish_to_continue(), reader.take_wish_to_continue()] == [True, False]
    too_long = RequestReader(LIMIT)
    too_long.feed(post(b"Expect: 100-continue", b"Content-Length: 101"))
    assert too_long.read().status == 413


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(
                (
                    *(b"POST ", b"/ ", b"HTTP/1.1", b"\r\n", b"\r\n\r\n", HOST, post()),
                    *(b"Content-Length: ", b"5", b"Transfer-Encoding: chunked\r\n"),
                    *(b"5\r\nabcde\r\n", b"0\r\n\r\n"),
                )
            ),
        ),
        max_size=12,
    )
)
def test_any_octets_are_a_request_a_refusal_or_half_of_one(pieces):
    reader = RequestReader(LIMIT)
    for piece in pieces:
        reader.feed(piece)
        found = reader.read()
        if isinstance(found, Refusal):
            assert 400 <= found.status <= 505
            return
        if found is not None:
            assert len(found.body) <= LIMIT
            if not reader.keep_alive:
                return
            reader.next_request()
        assert reader.held <= LIMIT


def test_answer_is_written_with_length_and_end_of_the_connection():
    response = HttpResponse(status=418, headers={"A": "b"}, body=b"tea")
    octets = answer_octets(response, method="POST", keep_alive=False)
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 418 I'm a Teapot"
    assert {b"A: b", b"Content-Length: 3", b"Connection: close", b"Server: rsplab"} < set(lines)
    assert body == b"tea"
    assert b"Connection" not in answer_octets(response, method="POST", keep_alive=True)


def test_answers_without_a_body_and_those_that_faults_ask_for():
    def written(method="POST", **fields):
        return answer_octets(HttpResponse(**fields), method=method, keep_alive=True)

    assert b"Content-Length" not in written(status=204)
    assert written(status=204, body=b"{}").endswith(b"\r\n\r\n{}")
    assert written("HEAD", status=200, body=b"{}").endswith(b"Server: rsplab\r\n\r\n")
    assert b"Content-Length: 2" in written("HEAD", status=200, body=b"{}")
    assert written(status=200, body=b"abcdef", cut_after=2).endswith(b"\r\n\r\nab")
    assert b"Content-Length: 6" in written(status=200, body=b"abcdef", cut_after=2)
    assert written(status=999).startswith(b"HTTP/1.1 999 Unknown\r\n")
    with pytest.raises(UnicodeEncodeError):
        written(status=200, headers={"A": "東"})
