"""S_OTA over HTTPS against an administration agent, and the case of ES6 on a card with one.

No card of this project has SCP81. Here an agent is placed before the simulated card: it implements
the toolkit, TLS and HTTP of a card with SCP81, and the simulated card executes the script.
"""

import importlib.util
import ssl
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rspcore.ota.http_session import Connection
from rspcore.ota.packet import KeySet
from rspcore.profile_maker import preset
from rspcore.profile_maker.editing import edited
from rspcore.profile_reader import decode_element, split
from rspharness.card.card_under_test import Card
from rspharness.evidence.decoded_trace import decoded
from rspharness.lpa.bip import BipTerminal
from rspharness.lpa.traced_port import write_message
from rspharness.record.steps import Steps
from rspharness.record.trace import Trace, read_events
from rspharness.record.verdicts import ExpectationError, Inconclusive
from rspharness.servers.https_ota_server import HttpsOtaServer, PskKeys, with_psk
from rspharness.servers.ota_server import OtaServer, personalisation_script
from rspharness.servers.rsp_server import profile
from rspharness.servers.scp81_dialogue import AdministrationDialogue
from rspharness.suite.initial_conditions import Conditions

CASE = Path(__file__).parents[3] / "suites" / "es6" / "test_update_metadata_https.py"
PARAMETERS = preset("PROFILE_OPERATIONAL1")
SCP80 = KeySet(1, PARAMETERS.kic, PARAMETERS.kid, PARAMETERS.dek)
KEYS = PskKeys()
SCRIPT = personalisation_script(bytes.fromhex("BF2A0592034E6577"))
HAS_PSK = getattr(ssl, "HAS_PSK", False)
psk = pytest.mark.skipif(not HAS_PSK, reason="ssl has pre-shared keys from Python 3.13 on")


def domain(upp):
    return decode_element(next(one for one in split(upp) if one.name == "securityDomain")).value


def test_profile_gets_a_key_set_of_scp81_and_nothing_else():
    plain = profile("PROFILE_OPERATIONAL1")
    made = with_psk(plain, KEYS)
    keys = [
        tuple(bytes(one[name])[0] for name in ("keyVersionNumber", "keyIdentifier"))
        for one in domain(made.upp)["keyList"]
    ]
    assert keys == [(1, 1), (1, 2), (1, 3), (0x40, 1), (0x40, 2)]
    added = domain(made.upp)["keyList"][3]["keyComponents"][0]
    assert (bytes(added["keyType"]), bytes(added["keyData"])) == (b"\x85", KEYS.psk)
    parameters = domain(made.upp)["instance"]["applicationSpecificParametersC9"]
    assert bytes(parameters).hex() == "81028000810281048201f08301f08701f0"
    assert made.metadata == plain.metadata
    back = edited(made.upp, "securityDomain", lambda _: domain(plain.upp))
    assert back == plain.upp


def test_keys_never_appear_in_a_repr():
    assert repr(KEYS.psk) not in repr(KEYS)
    assert "44" not in repr(KEYS)


@pytest.mark.skipif(HAS_PSK, reason="this Python has pre-shared keys")
def test_missing_psk_is_reported_with_the_remedy():
    with pytest.raises(Inconclusive, match=r"Python 3\.13 or later"):
        HttpsOtaServer(KEYS)


@pytest.mark.parametrize(
    "options", [{}, {"at_once": False}, {"most": 17}, {"polls": True}], ids=str
)
def test_session_without_tls(fake_agent, options):
    """A whole session without TLS, so on every Python: push, channel, two POSTs and 204."""
    statuses, trace = [], Trace()
    dialogue = AdministrationDialogue(
        b"\xae\x80\x22\x05\x80\xe2\x91\x00\x00\x00\x00",
        uri="/a",
        next_uri="/b",
        note=partial(write_message, trace),
    )
    trigger = b"\x81\x2c" + bytes.fromhex(
        "832A 8413 350103 39020578 3C030201BB 3E0521C0000251"
        "8913 8A0A61646D696E2E686F7374 8B0141 8C022F61"
    )

    def agent(trigger):
        channel = fake_agent.Channel(trigger, **options)
        execute = fake_agent.answering(0x9000)
        return fake_agent.administration(channel, trigger, execute, statuses)

    card = Card(fake_agent.AgentLink(None, SCP80, agent))
    terminal = BipTerminal(card, lambda _wanted: dialogue)
    receipt = OtaServer(PARAMETERS).push(card, trigger)
    assert receipt.status == 0
    terminal.serve()
    assert (dialogue.ended, dialogue.fault, statuses) == (True, None, [200, 204])
    assert dialogue.posts[0].headers["host"] == "admin.host"
    assert dialogue.response.body.hex() == "af80230290000000"
    shown = list(decoded(read_events(trace.text())))
    assert shown[1] == "HTTP request  SCP81  POST /a HTTP/1.1"
    script = shown.index("    command script, 1 command")
    assert shown[script + 1 : script + 3] == [
        "      STORE DATA  80E2910000",
        "HTTP request  SCP81  POST /b HTTP/1.1",
    ]
    assert "HTTP answer  SCP81  200 OK" in shown
    response = shown.index("    response script, 1 command executed")
    assert shown[response + 1 :] == [
        "      9000 (OK)",
        "HTTP answer  SCP81  204 No Content",
        "    X-Admin-Protocol: globalplatform-remote-admin/1.0",
    ]


@pytest.fixture
def outcome_of(fake_agent):
    """Runs a session against an agent; returns the server's outcome."""

    def run(execute, *, keys=KEYS, identity=KEYS.identity, make=None, **options):
        def agent(trigger):
            stream = fake_agent.Tls(fake_agent.Channel(trigger), identity, keys.psk)
            return fake_agent.administration(stream, trigger, execute, [])

        link = fake_agent.AgentLink(None, SCP80, make or agent)
        session = HttpsOtaServer(KEYS, **options).session(Card(link), SCRIPT)
        assert session.push(OtaServer(PARAMETERS)).status == 0
        return session.run()

    return run


def iter_of_nothing():
    """An agent that does nothing."""
    return
    yield


@psk
def test_script_and_response_are_exchanged_over_tls(fake_agent, outcome_of):
    outcome = outcome_of(fake_agent.answering(0x9000, 0x9000))
    assert (outcome.accepted, outcome.sw, outcome.fault) == (True, 0x9000, None)
    assert outcome.describe() == "X-Admin-Script-Status ok, 2 of 2 commands executed, SW 9000 (OK)"


@psk
def test_push_in_a_template_has_the_same_outcome(fake_agent, outcome_of):
    assert outcome_of(fake_agent.answering(0x9000, 0x9000), templated=True).accepted


@psk
def test_refused_command_is_not_accepted(fake_agent, outcome_of):
    outcome = outcome_of(fake_agent.answering(0x9000, 0x6A80))
    assert (outcome.accepted, outcome.sw, outcome.fault) == (False, 0x6A80, None)


@psk
def test_command_left_out_is_not_accepted(fake_agent, outcome_of):
    assert not outcome_of(fake_agent.answering(0x9000)).accepted


@psk
def test_wrong_key_and_unknown_identity_are_reported(fake_agent, outcome_of):
    outcome = outcome_of(fake_agent.answering(), keys=PskKeys(psk=bytes(16)))
    assert not outcome.accepted
    assert outcome.describe().startswith("TLS: ")
    outcome = outcome_of(fake_agent.answering(), identity="unknown")
    assert not outcome.accepted
    assert outcome.describe().startswith("TLS: ")


@psk
def test_channel_to_another_address_is_reported(fake_agent, outcome_of):
    def agent(trigger):
        elsewhere = replace(trigger, connection=Connection(b"\x7f\x00\x00\x01", 80))
        return fake_agent.Channel(elsewhere).open()

    outcome = outcome_of(None, make=agent)
    assert not outcome.accepted
    assert outcome.describe().startswith("no OPEN CHANNEL to the server, but to Connection(")


@psk
def test_agent_that_opens_no_channel_is_reported(fake_agent, outcome_of):
    outcome = outcome_of(None, make=lambda _trigger: iter_of_nothing())
    assert (outcome.accepted, outcome.fault) == (False, "no OPEN CHANNEL after the push")


@pytest.fixture
def case():
    """Returns the module of the case."""
    spec = importlib.util.spec_from_file_location("case_of_es6", CASE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run_case(case, fake_agent, card, server, run):
    """Runs the case of ES6 on the simulated card behind an agent; `words` instead of the card's."""

    def go(*words):
        below = card.link
        ota = OtaServer(PARAMETERS, counter=100)

        def execute(script):
            if words:
                return fake_agent.answering(*words)(script)
            return ota.send(Card(below), script.commands).script.responses

        def agent(trigger):
            stream = fake_agent.Tls(fake_agent.Channel(trigger), KEYS.identity, KEYS.psk)
            return fake_agent.administration(stream, trigger, execute, [])

        card.link = fake_agent.AgentLink(below, SCP80, agent)
        steps = Steps(Trace())
        given = Conditions(card, server, run, steps)
        case.test_update_over_https(card, given, OtaServer, HttpsOtaServer, {}, steps, steps.note)
        return steps

    return go


@psk
def test_case_passes_where_the_card_updates(run_case):
    steps = run_case()
    assert steps.notes[-1].endswith("2 of 2 commands executed, SW 9000 (OK)")
    assert steps.failed is None


@psk
def test_case_fails_where_the_agent_answers_6a80(run_case):
    with pytest.raises(ExpectationError, match="2 of 2 commands executed, SW 6A80"):
        run_case(0x9000, 0x6A80)


@psk
def test_case_fails_where_the_agent_answers_9000_and_does_nothing(run_case):
    with pytest.raises(ExpectationError, match="ProfileInfo"):
        run_case(0x9000, 0x9000)


@pytest.mark.skipif(HAS_PSK, reason="this Python has pre-shared keys")
def test_case_is_inconclusive_without_psk(run_case):
    with pytest.raises(Inconclusive, match="ssl module of this Python"):
        run_case()
