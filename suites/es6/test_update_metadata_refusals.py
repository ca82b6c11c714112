"""ES6.UpdateMetadata: what is not allowed, or not from the operator, changes nothing."""

from dataclasses import replace

from rspcore import tlv
from rspcore.messages.metadata import IconType, PprId, UpdateMetadataRequest
from rspcore.ota.packet import ResponseStatus
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspcore.tags import ISDR_AID, Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.ota_server import personalisation_script

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
WITHOUT_ICON = replace(preset(ONE), icon=None)
RENAMED = UpdateMetadataRequest(service_provider_name="New SP")
OWNER = tlv.encode(Tag.ProfileOwner, tlv.encode(0x80, bytes.fromhex("00F120")))


def update(*objects):
    """Returns UpdateMetadataRequest (BF2A) with these objects in it."""
    return tlv.encode(Tag.UpdateMetadata, *objects)


def not_accepted(receipt):
    """Requires no proof of receipt, or one that reports a refusal."""
    expect.that(
        holds=not receipt.accepted,
        expected="no proof of receipt that everything was done",
        actual=receipt.describe(),
    )


@testcase.each(
    "what, octets",
    {
        "ES6.UpdateMetadata#20": (
            ONE,
            UpdateMetadataRequest(
                profile_policy_rules=frozenset({PprId.pprUpdateControl})
            ).encode(),
        ),
        "ES6.UpdateMetadata#21": (ONE, update(tlv.encode(0x91, b"S" * 33))),
        "ES6.UpdateMetadata#22": (ONE, update(tlv.encode(0x92, b"N" * 65))),
        "ES6.UpdateMetadata#23": (
            ONE,
            update(tlv.encode(0x93, bytes((IconType.png,))), tlv.encode(0x94, bytes(1025))),
        ),
        "ES6.UpdateMetadata#24": (WITHOUT_ICON, update(tlv.encode(0x94, b"\x89PNG"))),
        "ES6.UpdateMetadata#56": (ONE, update(tlv.encode(0x93, bytes((IconType.png,))))),
        "ES6.UpdateMetadata#25": (ONE, update(tlv.encode(0x91, b"New SP"), OWNER)),
    },
)
def test_request_out_of_bounds_changes_nothing(card, given, make_ota, step, note, what, octets):
    """A request that is not allowed gives 6A80, and nothing of it is done; recorded."""
    (one,) = given.profiles(what, enabled=what)
    before = card.observe()
    with step("S_OTA -> eUICC: UpdateMetadata with one object that is not allowed"):
        receipt = make_ota(one.profile.parameters).update_metadata(card, octets)
        note(receipt.describe())
    with step("Expected, whatever the answer: metadata as before"), expect.settled():
        expect.unchanged(before, card.observe())
    with step("Expected: SW 6A80 in the proof of receipt"):
        expect.equal(receipt.sw, StatusWord.WRONG_DATA, "SW of STORE DATA")


@testcase("ES6.UpdateMetadata#26")
def test_nickname_belongs_to_the_end_user(card, given, make_ota, step, note):
    """A nickname in the request is refused or passed over; the End User's stays; recorded."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("S_OTA -> eUICC: UpdateMetadata with a profileNickname"):
        octets = update(tlv.encode(0x90, b"Operator's"))
        receipt = make_ota(one.profile.parameters).update_metadata(card, octets)
        note(receipt.describe())
    with step("Expected, whatever the answer: nickname as before"), expect.settled():
        expect.unchanged(before, card.observe())
    with step("Expected: SW 6A80 or 9000"):
        expect.one_of(receipt.sw, (StatusWord.WRONG_DATA, StatusWord.OK), "SW of STORE DATA")


@testcase("ES6.UpdateMetadata#57")
def test_request_is_done_whole_or_not_at_all(card, given, make_ota, step):
    """A valid name is not stored either when the icon beside it is too long."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    with step("S_OTA -> eUICC: UpdateMetadata, a valid name and an icon of 1025 octets"):
        kind, icon = tlv.encode(0x93, bytes((IconType.png,))), tlv.encode(0x94, bytes(1025))
        octets = update(tlv.encode(0x91, b"New SP"), kind, icon)
        receipt = make_ota(one.profile.parameters).update_metadata(card, octets)
    with step("Expected: refused; all metadata as before"):
        not_accepted(receipt)
        expect.unchanged(before, card.observe())


@testcase("ES6.UpdateMetadata#27")
def test_wrong_checksum_is_refused(card, given, make_ota, step):
    """A packet whose checksum does not fit is not processed."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = card.observe()
    ota = make_ota(one.profile.parameters)
    with step("S_OTA -> eUICC: UpdateMetadata, secured under another key for the checksum"):
        sound = ota.keys
        ota.keys = replace(sound, kid=bytes(len(sound.kid)))
        packet = ota.packet(ota.script_of(RENAMED))
        ota.keys = sound
        receipt = ota.deliver(card, packet)
    with step("Expected: status RC/CC/DS failed(01) or no proof of receipt; metadata as before"):
        statuses = (ResponseStatus.RC_CC_DS_FAILED, None)
        expect.one_of(receipt.status, statuses, "status of the proof of receipt")
        expect.unchanged(before, card.observe())


@testcase("ES6.UpdateMetadata#28")
def test_replay_is_refused(card, given, make_ota, step):
    """A packet sent a second time, after another one, has a counter that is too low."""
    (one,) = given.profiles(ONE, enabled=ONE)
    ota = make_ota(one.profile.parameters)
    with step("Initial conditions: two updates accepted"):
        first = ota.packet(ota.script_of(RENAMED))
        second = ota.packet(ota.script_of(UpdateMetadataRequest(service_provider_name="Newer SP")))
        for packet in (first, second):
            receipt = ota.deliver(card, packet)
            expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
        before = card.observe()
    with step("S_OTA -> eUICC: the first packet again"):
        replayed = ota.deliver(card, first)
    with step("Expected: status CNTR low(02) or no proof of receipt; metadata as before"):
        statuses = (ResponseStatus.CNTR_LOW, None)
        expect.one_of(replayed.status, statuses, "status of the proof of receipt")
        expect.unchanged(before, card.observe())


@testcase("ES6.UpdateMetadata#29")
def test_profile_of_another_operator_is_out_of_reach(card, given, make_ota, step):
    """The operator of the Enabled Profile cannot change another one by naming its ISD-P."""
    one, two = given.profiles(ONE, TWO, enabled=ONE)
    before = card.observe()
    script = personalisation_script(RENAMED.encode(), aid=two.aid.octets)
    with step("S_OTA -> eUICC: INSTALL [for personalization] that names the other ISD-P"):
        receipt = make_ota(one.profile.parameters).send(card, script)
    with step("Expected: refused; metadata of both as before"):
        not_accepted(receipt)
        expect.unchanged(before, card.observe())


@testcase("ES6.UpdateMetadata#30")
def test_isdr_is_out_of_reach(card, given, make_ota, step, note):
    """An operator cannot personalise the ISD-R; recorded."""
    one, _ = given.profiles(ONE, TWO, enabled=ONE)
    before = card.observe()
    script = personalisation_script(RENAMED.encode(), aid=ISDR_AID.octets)
    with step("S_OTA -> eUICC: INSTALL [for personalization] that names the ISD-R"):
        receipt = make_ota(one.profile.parameters).send(card, script)
        note(receipt.describe())
    with (
        step("Expected, whatever the answer: every Profile and the addresses as before"),
        expect.settled(),
    ):
        expect.unchanged(before, card.observe())
    with step("Expected: refused"):
        not_accepted(receipt)
