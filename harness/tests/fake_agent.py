"""An administration agent in front of a card: SCP81 for a card that has none, for tests.

`AgentLink` is a card link. It decodes the push, opens the channel by proactive commands, uses TLS
as client, sends POSTs, and passes the script to `execute`; other commands during a session go to
the card below.
The agent is a generator: it yields proactive commands and gets the data objects of the answers.
"""

import ssl

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.ota.http_session import SessionTrigger
from rspcore.ota.packet import CommandPacket, ResponsePacket
from rspcore.ota.script import read_script, write_response
from rspcore.ota.sms import UserData, read_envelope, reassemble

PROTOCOL = "X-Admin-Protocol: globalplatform-remote-admin/1.0"
RESPONSE_TYPE = "application/vnd.globalplatform.card-content-mgt-response;version=1.0"


def proactive(kind, *objects, qualifier=0, target=0x82):
    """Writes a proactive command with command number 1."""
    head = tlv.encode(0x81, bytes((1, kind, qualifier))), tlv.encode(0x82, bytes((0x81, target)))
    return tlv.encode(0xD0, *head, *objects)


class Channel:
    """One channel used by proactive commands; each method is part of the agent's generator."""

    def __init__(self, trigger, *, at_once=True, most=0xC8, polls=False):
        self.trigger = trigger
        self.most = most
        self.at_once = at_once
        self.polls = polls
        self.number = 0

    def open(self):
        events = b"" if self.polls else b"\x09"
        yield proactive(0x05, tlv.encode(0x99, events))
        connection = self.trigger.connection.encode()
        answer = yield proactive(0x40, connection, qualifier=0x01)
        status = answer.get(0x38)
        if status is None:
            return False
        self.number = status[0] & 0x07
        return True

    def send(self, octets):
        for start in range(0, len(octets), self.most):
            piece = octets[start : start + self.most]
            last = start + self.most >= len(octets)
            now = self.at_once or last
            answer = yield proactive(
                0x43, tlv.encode(0xB6, piece), qualifier=now, target=0x20 + self.number
            )
            assert answer[3] == b"\x00"

    def receive(self):
        """Waits for the event, or polls; then takes all octets available."""
        while True:
            if self.polls:
                answer = yield None
            else:
                event = None
                while event is None:
                    event = yield None
            octets, left = b"", 1
            while left:
                wanted = tlv.encode(0xB7, bytes((self.most,)))
                answer = yield proactive(0x42, wanted, target=0x20 + self.number)
                octets += answer.get(0x36, b"")
                left = answer[0x37][0]
            if octets:
                return octets

    def close(self):
        yield proactive(0x41, target=0x20 + self.number)


class Tls:
    """A TLS client with a pre-shared key over a channel."""

    def __init__(self, channel, identity, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("PSK-AES128-CBC-SHA256")
        context.set_psk_client_callback(lambda _hint: (identity, key))
        self.channel = channel
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)

    def _until(self, action):
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                yield from self.channel.send(self.outgoing.read())
                self.incoming.write((yield from self.channel.receive()))
            else:
                if self.outgoing.pending:
                    yield from self.channel.send(self.outgoing.read())
                return result

    def open(self):
        if not (yield from self.channel.open()):
            return False
        try:
            yield from self._until(self.tls.do_handshake)
        except ssl.SSLError:
            yield from self.channel.close()
            return False
        return True

    def send(self, octets):
        yield from self._until(lambda: self.tls.write(octets))

    def receive(self):
        return (yield from self._until(lambda: self.tls.read(16384)))

    def close(self):
        yield from self._until(self.tls.unwrap)
        yield from self.channel.close()


def post(trigger, uri, *headers, body=b""):
    """Writes a POST of the agent."""
    wanted = trigger.post
    lines = [f"POST {uri} HTTP/1.1", f"Host: {wanted.host}", PROTOCOL]
    lines.append(f"X-Admin-From: {wanted.agent}")
    if body:
        lines += [f"Content-Type: {RESPONSE_TYPE}", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, *headers, "", "")).encode() + body


def read_answer(octets):
    """Reads status, headers and chunked body of a response; None while it is not complete."""
    head, found, rest = octets.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        if not rest.endswith(b"0\r\n\r\n"):
            return None
        while True:
            size, _, rest = rest.partition(b"\r\n")
            if int(size, 16) == 0:
                break
            body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    uri = next((line[18:] for line in lines if line.startswith("X-Admin-Next-URI: ")), "")
    return int(first.split()[1]), headers, uri, body


def administration(stream, trigger, execute, statuses):
    """The agent on an open or secured stream: post, execute, post, close."""
    if not (yield from stream.open()):
        return
    yield from stream.send(post(trigger, trigger.post.uri))
    while True:
        octets, answer = b"", None
        while answer is None:
            octets += yield from stream.receive()
            answer = read_answer(octets)
        status, _, uri, body = answer
        statuses.append(status)
        if status != 200:
            break
        script = read_script(body)
        response = write_response(script, execute(script))
        yield from stream.send(post(trigger, uri, "X-Admin-Script-Status: ok", body=response))
    yield from stream.close()


def answering(*words):
    """Returns an `execute` that answers each command with the next of these status words."""
    return lambda script: [
        ResponseApdu(b"", sw) for sw, _ in zip(words, script.commands, strict=False)
    ]


class AgentLink:
    """A link before a card that acts as its administration agent."""

    def __init__(self, below, keys, make):
        """Makes the link.

        Args:
            below: The card's link, or None for no card.
            keys: SCP80 key set the push is secured with.
            make: Returns the agent for a trigger.
        """
        self.below = below
        self.keys = keys
        self.make = make
        self._agent = None
        self._command = None
        self._waiting = b""
        self._parts = []

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.ENVELOPE and apdu.data[0] == 0xD1:
            return self._push(apdu)
        if self._agent is not None:
            answer = self._toolkit(apdu)
            if answer is not None:
                return answer
        return self.below.transmit(command) if self.below is not None else b"\x90\x00"

    def _push(self, apdu):
        self._parts.append(apdu)
        parts = [UserData.decode(read_envelope(one.data).user_data) for one in self._parts]
        if len(parts) < (parts[0].concatenation or (0, 1, 1))[1]:
            return b"\x90\x00"
        self._parts = []
        packet = CommandPacket.decode(reassemble(parts), self.keys)
        self._agent = self.make(SessionTrigger.decode(packet.data))
        receipt = ResponsePacket(packet.tar, packet.counter, 0)
        return receipt.encode(packet.parameters, self.keys) + self._resume(None)

    def _toolkit(self, apdu):
        if apdu.ins == Ins.FETCH and self._command is not None:
            return self._command + b"\x90\x00"
        if apdu.ins == Ins.TERMINAL_RESPONSE and self._command is not None:
            self._command = None
            return self._resume(
                {one.tag & 0x7F: bytes(one.value) for one in tlv.iterate(apdu.data)}
            )
        if apdu.ins == Ins.ENVELOPE and apdu.data[0] == 0xD6:
            assert tlv.parse(apdu.data).find(0x99).value == b"\x09"
            return self._resume({0x19: b"\x09"})
        return self._resume(None) if apdu.ins == Ins.GET_STATUS else None

    def _resume(self, answer):
        """Resumes the agent; returns 91XX for the command it wants, or 9000."""
        try:
            self._command = self._agent.send(answer)
        except StopIteration:
            self._agent = self._command = None
        if self._command is None:
            return b"\x90\x00"
        assert len(self._command) <= 256
        return bytes((0x91, len(self._command) & 0xFF))

    def reset(self):
        self._agent = self._command = None
        return self.below.reset() if self.below is not None else b"\x3b\x00"

    def close(self):
        if self.below is not None:
            self.below.close()
