"""The list of what is not done is true: held against card, servers and suites."""

import ast
import tomllib
from collections import Counter
from configparser import ConfigParser
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspcore.status import StatusWord
from rspharness.record.catalogue import Catalogue
from rspharness.simulated.fixture_cards import simulated_card
from rspsim.env import ManualClock, SeededRng
from rspsim.euicc.uicc.ota.domain import COMMANDS as DOMAIN_COMMANDS
from rspsim.smdpp.http_messages import HttpRequest
from rspsim.smdpp.server import SmDpPlus
from rspsim.smds.sm_ds import SmDs

UNKNOWN = StatusWord.INS_NOT_SUPPORTED.to_bytes(2, "big")
ROOT = Path(__file__).parents[2]
GAPS = tomllib.loads((ROOT / "docs" / "gaps.toml").read_text(encoding="utf-8"))
CATALOGUE = Catalogue.load(ROOT / "fixtures" / "requirements" / "euicc.csv")

COMMANDS = {
    # ETSI TS 102 221, table 10.5
    "SELECT": "00A4",
    "STATUS": "80F2",
    "READ BINARY": "00B0",
    "UPDATE BINARY": "00D6",
    "READ RECORD": "00B2",
    "UPDATE RECORD": "00DC",
    "SEARCH RECORD": "00A2",
    "INCREASE": "8032",
    "RETRIEVE DATA": "80CB",
    "SET DATA": "80DB",
    "VERIFY PIN": "0020",
    "CHANGE PIN": "0024",
    "DISABLE PIN": "0026",
    "ENABLE PIN": "0028",
    "UNBLOCK PIN": "002C",
    "DEACTIVATE FILE": "0004",
    "ACTIVATE FILE": "0044",
    "AUTHENTICATE": "0088",
    "AUTHENTICATE, odd instruction": "0089",
    "GET CHALLENGE": "0084",
    "TERMINAL CAPABILITY": "80AA",
    "TERMINAL PROFILE": "8010",
    "ENVELOPE": "80C2",
    "FETCH": "8012",
    "TERMINAL RESPONSE": "8014",
    "MANAGE CHANNEL": "0070",
    "MANAGE SECURE CHANNEL": "0073",
    "TRANSACT DATA": "0075",
    "SUSPEND UICC": "8076",
    "GET IDENTITY": "8078",
    "EXCHANGE CAPABILITIES": "807A",
    "GET RESPONSE": "00C0",
    # ETSI TS 102 222, clause 6
    "CREATE FILE": "00E0",
    "DELETE FILE": "00E4",
    "RESIZE FILE": "80D4",
    "TERMINATE DF": "00E6",
    "TERMINATE EF": "00E8",
    "TERMINATE CARD USAGE": "00FE",
    # GlobalPlatform Card Specification, 11.1
    "GlobalPlatform DELETE": "80E4",
    "GlobalPlatform GET DATA": "80CA",
    "GlobalPlatform LOAD": "80E8",
    "GlobalPlatform SET STATUS": "80F0",
}
FUNCTIONS = {
    # SGP.22 v2, 5.7 and v3, 5.7: requests to the ISD-R by their tags
    "ES10a.GetEuiccConfiguredAddresses": "BF3C",
    "ES10a.SetDefaultDpAddress": "BF3F",
    "ES10b.PrepareDownload": "BF21",
    "ES10b.GetEUICCChallenge": "BF2E",
    "ES10b.GetEUICCInfo1": "BF20",
    "ES10b.GetEUICCInfo2": "BF22",
    "ES10b.ListNotification": "BF28",
    "ES10b.RetrieveNotificationsList": "BF2B",
    "ES10b.RemoveNotificationFromList": "BF30",
    "ES10b.LoadCRL": "BF35",
    "ES10b.AuthenticateServer": "BF38",
    "ES10b.CancelSession": "BF41",
    "ES10b.GetRAT": "BF43",
    "ES10c.GetProfilesInfo": "BF2D",
    "ES10c.EnableProfile": "BF31",
    "ES10c.DisableProfile": "BF32",
    "ES10c.DeleteProfile": "BF33",
    "ES10c.eUICCMemoryReset": "BF34",
    "ES10c.GetEID": "BF3E",
    "ES10c.SetNickname": "BF29",
    "ES10b.LoadRpmPackage": "BF44",
    "ES10b.VerifySmdsResponse": "BF45",
    "ES10b.VerifyDeviceChange": "BF4B",
    "ES10b.PrepareDeviceChange": "BF4D",
    "ES10b.VerifySmdpResponse": "BF60",
    "ES10b.VerifyProfileRecovery": "BF62",
}
PATHS = (
    # SGP.22 v2, 6.5.2, and v3
    "es9plus/initiateAuthentication",
    "es9plus/authenticateClient",
    "es9plus/getBoundProfilePackage",
    "es9plus/cancelSession",
    "es9plus/handleNotification",
    "es9plus/confirmDeviceChange",
    "es9plus/checkProgress",
    "es2plus/downloadOrder",
    "es2plus/confirmOrder",
    "es2plus/cancelOrder",
    "es2plus/releaseProfile",
    "es2plus/rpmOrder",
)


@pytest.fixture
def card():
    """Returns a card with an enabled Profile."""
    return simulated_card(profiles=["PROFILE_OPERATIONAL1"], enabled="PROFILE_OPERATIONAL1")


def test_commands_of_the_card(card):
    unknown = set()
    for name, command in COMMANDS.items():
        # those of GlobalPlatform are of the security domain, which asks for a session first
        managed = bytes.fromhex(command)[1] in DOMAIN_COMMANDS.standard
        answer = card.transmit(bytes.fromhex(command) + bytes(3))
        if answer == UNKNOWN and not (managed and "GlobalPlatform" in name):
            unknown.add(f"{name} ({command[:2]} {command[2:]})")
    assert unknown == set(GAPS["Card: commands"])


def test_functions_of_the_isdr(card):
    lacking = []
    for each in (card, simulated_card(personality="v3.1")):
        each.transmit(bytes.fromhex("00A4040010A0000005591010FFFFFFFF8900000100"))
        answers = {
            f"{name} ({tag})": each.transmit(bytes.fromhex(f"80E2910003{tag}00"))
            for name, tag in FUNCTIONS.items()
        }
        missing = bytes(StatusWord.REFERENCED_DATA_NOT_FOUND.to_bytes(2, "big"))
        lacking.append({name for name, answer in answers.items() if answer == missing})
    assert len(lacking[0]) < len(FUNCTIONS)
    assert lacking[0] & lacking[1] == set(GAPS.get("Card: functions of the ISD-R", ()))


def test_functions_of_the_server():
    server = SmDpPlus(
        make_pki(), rng=SeededRng(b"gaps"), clock=ManualClock(), curves=(Curve.NIST_P256,)
    )
    unknown = set()
    for path in PATHS:
        request = HttpRequest(method="POST", path=f"/gsma/rsp2/{path}", headers={}, body=b"{}")
        if server.handle(request).status == 404:
            unknown.add(path)
    assert unknown == set(GAPS.get("SM-DP+: functions", ()))


def test_functions_of_the_discovery_server():
    server = SmDs(make_pki(), address="ds.example.com", rng=SeededRng(b"gaps"), clock=ManualClock())
    unknown = set()
    for name in ("initiateAuthentication", "authenticateClient", "checkEvent"):
        request = HttpRequest(
            method="POST", path=f"/gsma/rsp2/es9plus/{name}", headers={}, body=b"{}"
        )
        if server.handle(request).status == 404:
            unknown.add(f"es11/{name}")
    assert unknown == set(GAPS.get("SM-DS: functions", ()))


def _ids():
    """Returns the rows that the suites name."""
    named = set()
    for suite in (ROOT / "suites").rglob("*.py"):
        for node in ast.walk(ast.parse(suite.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named.update(node.value.split())
    return {row.id for row in CATALOGUE} & named


def test_rows_without_a_case():
    claimed = _ids()
    open_rows = Counter(row.area for row in CATALOGUE if row.id not in claimed)
    wanted = {f"{area}, {count} rows" for area, count in open_rows.items()}
    assert wanted == set(GAPS.get("Suites: rows without a case", ()))


def test_what_recordings_and_times_lack_is_lacking():
    listed = GAPS["Recordings, times and reports"]
    assert len(listed) == 1
    assert "Session keys of a BoundProfilePackage, written by an LPA" in listed
    sources = [*(ROOT / "harness" / "rspharness" / "cli").glob("lpa*.py")]
    assert len(sources) > 2
    assert not any("session-keys" in file.read_text("utf-8") for file in sources)


def test_stories_are_played_on_their_faults_by_an_environment_of_the_default_list():
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    command = "python harness/scenarios/faults.py"
    playing = {
        section.partition(":")[2]: tox[section]["commands"].splitlines()
        for section in tox.sections()
        if command in tox[section].get("commands", "")
    }
    listed = {one.strip() for one in tox["tox"]["env_list"].split(",")}
    assert any(command in lines for name, lines in playing.items() if name in listed)
    assert any(f"{command} {{posargs:--all}}" in lines for lines in playing.values())
