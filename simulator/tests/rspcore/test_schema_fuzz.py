"""The decoder returns for every input in time: altered real octets, under a time limit.

The decoding runs in a process of its own, which is stopped when it does not return.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from rspcore import schema
from rspcore.profile_maker import PRESETS, make_profile
from rspcore.profile_reader import split

pytestmark = pytest.mark.once

FUZZ = Path(__file__).with_name("schema_fuzz.py")
TIME_LIMIT_S = 60
EXAMPLES = 1500

EVENTS = (b"\x80", 1)
MESSAGES = {
    "GetRatResponse": {
        "rat": [
            {
                "pprIds": (b"\x60", 3),
                "allowedOperators": [{"mccMnc": b"\xee\xee\xee", "gid1": b""}] * 2,
                "pprFlags": (b"\x80", 1),
            }
        ]
        * 2
    },
    "LoadCRLResponseOk": {"missingParts": [1, 2, 300]},
    "EUICCInfo1": {
        "svn": b"\x02\x05\x00",
        "euiccCiPKIdListForVerification": [bytes(20)] * 2,
        "euiccCiPKIdListForSigning": [bytes(20)] * 2,
    },
    "ProfileInfoListResponse": (
        "profileInfoListOk",
        [
            {
                "iccid": bytes(10),
                "profileName": "abc",
                "notificationConfigurationInfo": [
                    {"profileManagementOperation": EVENTS, "notificationAddress": "a.example"}
                ]
                * 2,
            }
        ]
        * 2,
    ),
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory, real_files):
    packages = [make_profile(PRESETS["PROFILE_OPERATIONAL1"]).upp]
    packages += [content for _, content in real_files("ts48")]
    lines = {f"pe ProfileElement {one.raw.hex()}" for upp in packages for one in split(upp)}
    lines |= {f"rsp {kind} {schema.encode('rsp', kind, v).hex()}" for kind, v in MESSAGES.items()}
    file = tmp_path_factory.mktemp("fuzz") / "samples.txt"
    file.write_text("\n".join(sorted(lines)))
    return file


@pytest.mark.parametrize("way", ["guarded", "bare"])
def test_altered_octets_are_read_or_refused_in_time(way, samples):
    process = subprocess.run(
        [sys.executable, str(FUZZ), way, str(EXAMPLES), str(samples)],
        timeout=TIME_LIMIT_S,
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr[-4000:]
