"""`rsplab lpa` and real servers: device, headers, MatchingID, pictures, retries, watch, cascade."""

import base64
import json
import socket
from dataclasses import replace

import pytest
import segno

from rspcore import tlv
from rspcore.errors import ConfigError, LocalError
from rspcore.messages.es10b import AuthenticateServerResponse
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.profile_maker import make_profile, preset
from rspharness.cli import lpa_servers
from rspharness.cli.main import main
from rspharness.lpa.device import CAPABILITIES, device_from_words
from rspharness.lpa.qr_image import read_qr_image

EID = "89049032123451234512345678901235"


def lpa(server, command, *words):
    return main(["lpa", command, "--target", "inprocess", "--ca", str(server.ca_file), *words])


def context_of(exchange):
    """Returns the ctxParams1 that a card has signed in a request for AuthenticateClient."""
    body = json.loads(exchange.request.body)
    octets = base64.b64decode(body["authenticateServerResponse"])
    signed = AuthenticateServerResponse.decode(octets).authenticate_response_ok.euicc_signed1
    return tlv.parse(signed.ctx_params1)


def test_device_is_what_the_words_say(smdpp):
    order = smdpp.order()
    words = ("--imei", "490154203237518", "--capability", "eutranEpc=14", "--capability=nr5gc=17.1")
    assert lpa(smdpp, "download", order.activation_code, "--yes", *words) == 0
    (asked,) = smdpp.expect("authenticateClient")
    device = DeviceInfo.decode(bytes(context_of(asked).find(0xA1).raw))
    assert device.tac.hex() == "49015420"
    assert device.imei.hex().upper() == "94104502237315" + "8F"
    capabilities = device.device_capabilities
    assert str(capabilities.eutran_epc_supported_release) == "14.0.0"
    assert str(capabilities.nr5gc_supported_release) == "17.1.0"
    assert capabilities.gsm_supported_release is None


def test_capabilities_have_the_names_of_the_specification():
    assert {"gsm", "utran", "eutranEpc", "cdma2000hrpd", "rspCrl", "nr5gc"} <= set(CAPABILITIES)
    assert device_from_words(tac="12345678").imei is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"imei": "1"}, "expected 15 digits"),
        ({"tac": "1234567x"}, "expected 8 digits"),
        ({"capabilities": ["6g=1"]}, "expected one of gsm"),
        ({"capabilities": ["gsm"]}, "expected gsm=RELEASE"),
        ({"capabilities": ["gsm=x"]}, "expected gsm=RELEASE"),
    ],
)
def test_words_that_say_no_device_are_refused(words, expected):
    with pytest.raises(LocalError, match=expected):
        device_from_words(**words)


def test_headers_are_what_the_words_say(smdpp):
    order = smdpp.order()
    words = ("--protocol-version", "2.2.0", "--user-agent", "gsma-rsp-lpad my-lpa/1")
    assert lpa(smdpp, "download", order.activation_code, "--yes", *words) == 0
    for one in smdpp.history:
        assert one.request.header("X-Admin-Protocol") == "gsma/rsp/v2.2.0"
        assert one.request.header("User-Agent") == "gsma-rsp-lpad my-lpa/1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--protocol-version", "two"), "--protocol-version"),
        (("--user-agent", "a\nb"), "expected one line of ASCII"),
        (("--imei", "1"), "expected 15 digits"),
        (("--matching-id", "x" * 256), "at most 255"),
        (("--retries", "-1"), "expected 0 or more"),
        (("--qr", "x.png"), "expected one of them"),
    ],
)
def test_words_that_cannot_be_said_are_wrong_use(smdpp, capsys, words, expected):
    assert lpa(smdpp, "download", "1$localhost$T", "--yes", *words) == 2
    assert expected in capsys.readouterr().err
    assert smdpp.history == ()


def test_matching_id_is_asked_with_whatever_it_is(smdpp, capsys):
    code = f"1${smdpp.address}$"
    for matching_id in ("TS48v2_SAIP2.1_NoBERTLV", "", "ü"):
        assert lpa(smdpp, "download", code, "--yes", "--matching-id", matching_id) == 1
        asked = smdpp.expect("authenticateClient")[-1]
        assert bytes(context_of(asked).find(0x80).value).decode() == matching_id
    assert "8.2.6/3.8" in capsys.readouterr().err


@pytest.fixture
def picture(tmp_path):
    pytest.importorskip("zxingcpp")

    def make(*texts):
        from PIL import Image  # noqa: PLC0415  an extra

        whole = Image.new("RGB", (400 * max(1, len(texts)), 400), "white")
        for at, text in enumerate(texts):
            segno.make(text, error="l").save(tmp_path / "one.png", scale=6, border=4)
            with Image.open(tmp_path / "one.png") as one:
                whole.paste(one.convert("RGB"), (400 * at, 0))
        whole.save(tmp_path / "all.png")
        return tmp_path / "all.png"

    return make


def test_picture_of_a_code_is_as_good_as_the_code(smdpp, picture):
    order = smdpp.order()
    file = picture(order.activation_code)
    assert read_qr_image(file) == order.activation_code
    assert lpa(smdpp, "download", "--qr", str(file), "--yes") == 0
    assert order.state == "Installed"


def test_picture_without_one_code_is_refused(picture, tmp_path):
    with pytest.raises(LocalError, match="0 were found"):
        read_qr_image(picture())
    with pytest.raises(LocalError, match="2 were found: "):
        read_qr_image(picture("1$one.example$", "1$two.example$"))
    (tmp_path / "text.png").write_text("no picture")
    for name in ("text.png", "missing.png"):
        with pytest.raises(LocalError, match="cannot be read as a picture"):
            read_qr_image(tmp_path / name)


def test_missing_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "zxingcpp", None)
    with pytest.raises(ConfigError, match=r"rsplab\[qr\]"):
        read_qr_image(tmp_path / "x.png")


@pytest.fixture
def kept(monkeypatch, simulated_card):
    """Lets every command of a test use the same card, which has an address in it."""
    card = simulated_card()

    class Link:
        transmit, reset = card.transmit, card.reset

        def close(self):
            pass

    from contextlib import contextmanager  # noqa: PLC0415  for this fixture alone

    from rspharness.lpa.isdr_channel import IsdrChannel  # noqa: PLC0415  likewise

    @contextmanager
    def opened(_options, *, changing):
        card.reset()
        with IsdrChannel(Link()) as channel:
            yield channel

    monkeypatch.setattr(lpa_servers, "open_card", opened)
    return card


def undelivered(smdpp, count=1):
    """Installs Profiles whose results the server has not taken."""
    with smdpp.fault("http.refuse", function="handleNotification"):
        for _ in range(count):
            assert lpa(smdpp, "download", smdpp.order().activation_code, "--yes") == 1


def test_notifications_are_tried_again(smdpp, kept, monkeypatch, capsys):
    pauses = []
    monkeypatch.setattr(lpa_servers, "_pause", pauses.append)
    undelivered(smdpp)
    smdpp.fault("tcp.reset_before", function="handleNotification", after=1, times=1)
    smdpp.fault("http.refuse", function="handleNotification", times=1)
    capsys.readouterr()
    assert lpa(smdpp, "notifications", "--process", "--retries", "4", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["notifications"]
    assert pauses == [1.0, 2.0]
    assert [row["delivered"] for row in rows] == [True, True]
    smdpp.expect("handleNotification", "accepted", times=1)


def test_notifications_that_stay_say_why(smdpp, kept, monkeypatch, capsys):
    monkeypatch.setattr(lpa_servers, "_pause", lambda _: None)
    undelivered(smdpp)
    smdpp.fault("http.refuse", function="handleNotification")
    capsys.readouterr()
    assert lpa(smdpp, "notifications", "--process", "--retries", "2", "--json") == 1
    first, *_ = json.loads(capsys.readouterr().out)["notifications"]
    assert first["delivered"] is False
    assert "HTTP status 503" in first["error"]


def test_watch_delivers_what_comes_until_it_is_stopped(smdpp, kept, monkeypatch, capsys):
    undelivered(smdpp)
    waits = []

    def pause(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            undelivered(smdpp)
        if len(waits) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(lpa_servers, "_pause", pause)
    capsys.readouterr()
    assert lpa(smdpp, "notifications", "--watch", "3") == 130
    out = capsys.readouterr().out
    assert waits == [3.0] * 4
    assert out.count("seqNumber") == 2  # nothing is printed while nothing waits
    assert len(smdpp.expect("handleNotification", "installed: accepted", times=2)) == 2


def test_watch_needs_time(smdpp, capsys):
    assert lpa(smdpp, "notifications", "--watch", "0") == 2
    assert "more than 0" in capsys.readouterr().err


def test_events_are_followed_from_one_smds_to_another(smdpp, smds, capsys):
    second, third = smds(), smds()
    order = smdpp.order(eid=EID)
    smds.event(EID, second.address, "FIRST")
    second.event(EID, third.address, "SECOND", forwarded_as="FIRST")
    second.event(EID, smdpp.address, "NOT-THIS-ONE")
    third.event(EID, smdpp.address, order.matching_id, forwarded_as="SECOND")
    smds.event(EID, second.address, "LEADS-NOWHERE")
    words = ("--eid", EID, "--smds", smds.address, "--json")
    assert lpa(smdpp, "discover", *words, "--list") == 0
    listed = json.loads(capsys.readouterr().out)["found"]
    assert {row["matchingId"] for row in listed} == {order.matching_id, "LEADS-NOWHERE"}
    assert lpa(smdpp, "discover", *words, "--yes") == 1
    found = {row["matchingId"]: row for row in json.loads(capsys.readouterr().out)["found"]}
    assert found[order.matching_id]["complete"] is True
    assert "role DS_TLS; expected DP_TLS" in found["LEADS-NOWHERE"]["error"]
    assert order.state == "Installed"


def test_events_that_lead_in_a_circle_are_an_error(smdpp, smds, capsys):
    smds.event(EID, smds.address, "AGAIN", forwarded_as="AGAIN")
    words = ("--eid", EID, "--smds", smds.address, "--list")
    assert lpa(smdpp, "discover", *words) == 1
    assert "more than 3 SM-DS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no hex", "--smds", "ds.example.com"), "expected the ecId of --list"),
        (("00" * 15, "--smds", "ds.example.com"), "16 to 32 octets, not 15"),
        (("00" * 16,), "with --smds"),
    ],
)
def test_an_ec_id_that_cannot_be_one_is_refused(words, message, capsys):
    command = ["lpa", "discover", "--target", "inprocess", "--yes", "--check", *words]
    assert main(command) == 2
    assert message in capsys.readouterr().err


def test_a_list_without_an_ec_id_shows_none(smdpp, smds, capsys):
    smds.event(EID, smdpp.address, "ONE")
    words = ("--eid", EID, "--smds", smds.address, "--list")
    assert lpa(smdpp, "discover", *words, "--json") == 0
    assert "ecId" not in json.loads(capsys.readouterr().out)


def test_server_on_ipv6_is_reached(smdpp):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("no IPv6 on this machine")
    server = smdpp(host="::1")
    order = server.order()
    assert lpa(server, "download", order.activation_code, "--yes") == 0
    assert order.state == "Installed"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_text_of_a_server_reaches_the_terminal_escaped(smdpp, capsys, form):
    hostile = "a\x1b[31m\x9bb\u202e"
    content = replace(preset("PROFILE_OPERATIONAL1"), profile_name=hostile)
    made = make_profile(content)
    order = smdpp.order(upp=made.upp, metadata=made.metadata)
    assert lpa(smdpp, "download", order.activation_code, "--yes", *form) == 0
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert "u009b" in shown or "x9b" in shown
    if form:
        assert json.loads(shown)["profileName"] == hostile
