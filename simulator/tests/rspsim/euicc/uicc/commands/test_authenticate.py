"""AUTHENTICATE at the card: algorithms, replay, resynchronisation, contexts (TS 31.102, 7.1)."""

from dataclasses import replace

import pytest

from rspcore.crypto.aka.algorithm import gsm_triplet, xor
from rspcore.crypto.aka.milenage import Milenage
from rspcore.crypto.aka.tuak import Tuak

NAME = "TS48v1_A.der"
USIM, ISIM, CSIM = (
    f"00A4040C{len(aid) // 2:02X}{aid}"
    for aid in (
        "A0000000871002FF49FF0589",
        "A0000000871004FF49FF0589",
        "A0000003431002F310FFFF89020000FF",
    )
)
RAND = "23553cbe9637a89d218ae64dae47bf35"
# the published sets: K, OPc, SQN, AMF, then AUTN, RES, CK, IK, Kc, SRES
MILENAGE = [
    (
        "465b5ce8b199b49faa5f0a2ee238a6bc",
        "cd63cb71954a9f4e48a5994e37a02baf",
        RAND,
        "55f328b43577b9b94a9ffac354dfafb3",
        "a54211d5e3ba50bf",
        "b40ba9a3c58b2a05bbf0d987b21bf8cb",
        "f769bcd751044604127672711c6d3441",
        "eae4be823af9a08b",
        "46f8416a",
    ),
    (
        "0396eb317b6d1c36f19c1c84cd6ffd16",
        "53c15671c60a4b731c55b4a441c0bde2",
        "c00d603103dcee52c4478119494202e8",
        "39f96cd9800faf175df5b31807e258b0",
        "d3a628ed988620f0",
        "58c433ff7a7082acd424220f2b67c556",
        "21a8c1f929702adb3e738488b9f5c5da",
        "933b5481c192a8fb",
        "4b20081d",
    ),
    (
        "9e5944aea94b81165c82fbf9f32db751",
        "a64a507ae1a2a98bb88eb4210135dc87",
        "ce83dbc54ac0274a157c17f80d017bd6",
        "fbd98a0b3c869e0974a58220cba84c49",
        "f365cd683cd92e96",
        "e203edb3971574f5a94b0d61b816345d",
        "0c4524adeac041c4dd830d20854fc46b",
        "9a8ec95f408cc507",
        "cfbce3fe",
    ),
    (
        "4ab1deb05ca6ceb051fc98e77d026a84",
        "dcf07cbd51855290b92a07a9891e523e",
        "74b0cd6031a1c8339b2b6ce2b8c4a186",
        "d961bbd511ae9f0749e785dd12626ef2",
        "5860fc1bce351e7e",
        "7657766b373d1c2138f307e3de9242f9",
        "1c42e960d89b8fa99f2744e0708ccb53",
        "cdc1dc0841b81a22",
        "9655e265",
    ),
    (
        "6c38a116ac280c454f59332ee35c8c4f",
        "3803ef5363b947c6aaa225e58fae3934",
        "ee6466bc96202c5a557abbeff8babf63",
        "04fb6eb891ed4464078adfb488241a57",
        "16c8233f05a0ac28",
        "3f8c7587fe8e4b233af676aede30ba3b",
        "a7466cc1e6b2a1337d49d3b66e95d7b4",
        "df75bc5ea899879f",
        "13688f17",
    ),
]


@pytest.fixture
def card_with(kit):
    """Makes terminals on a card whose NAAs authenticate with these parameters."""

    def make(**parameters):
        def change(content):
            return replace(content, aka=tuple(replace(one, **parameters) for one in content.aka))

        return kit.changed(NAME, change)

    return make


def challenge(rand, autn):
    return f"0088008122 10{rand}10{autn}00"


def gsm(rand):
    return f"008800801110{rand}00"


def milenage(k, opc):
    return {"algorithm": 1, "options": 1, "key": bytes.fromhex(k), "opc": bytes.fromhex(opc)}


def autn_for(algorithm, rand, sqn, amf=b"\x80\x00"):
    octets = sqn.to_bytes(6, "big")
    ak = algorithm.vector(rand).ak
    return (xor(octets, ak) + amf + algorithm.mac_a(rand, octets, amf)).hex()


def without_service_27(content):
    one = content.files.get((0x7FD0, 0x6F38))
    body = bytearray(one.body)
    body[3] &= 0xFB
    return content.with_file(replace(one, body=bytes(body)))


@pytest.mark.parametrize("vector", MILENAGE)
def test_published_milenage_sets_are_reproduced(card_with, vector):
    k, opc, rand, autn, res, ck, ik, kc, sres = vector
    card = card_with(**milenage(k, opc))
    card.sw(USIM)
    answer = card(challenge(rand, autn))
    assert answer.data.hex() == f"db08{res}10{ck}10{ik}08{kc}"
    assert card(gsm(rand)).data.hex() == f"04{sres}08{kc}"


def test_xor_vector_is_reproduced(card_with):
    card = card_with(key=bytes(range(16)))
    card.sw(USIM)
    answer = card(challenge(RAND, "bd9232ae9a08800023543ebd92132e9a"))
    assert answer.data.hex() == (
        "db1023543ebd9232ae9a2983ec46a24ab13a10543ebd9232ae9a2983ec46a24ab13a23"
        "103ebd9232ae9a2983ec46a24ab13a2354080529cb4867bfaadd"
    )
    assert card(gsm(RAND)).data.hex() == "043aafcd5b080529cb4867bfaadd"


def test_tuak_authenticates_with_its_topc(card_with):
    key, rand = b"\xab" * 16, b"\x42" * 16
    topc = bytes.fromhex("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff")
    card = card_with(algorithm=2, options=0, key=key, opc=topc)
    card.sw(USIM)
    mac = "f9a54e6aeaa8618d"
    autn = xor(b"\x11" * 6, bytes.fromhex("719f1e9b9054")).hex() + "ffff" + mac
    answer = card(challenge(rand.hex(), autn))
    assert answer.data.hex().startswith(
        "db04657acd6410d71a1e5c6caffe986a26f783e5c78be110be849fa2564f869aecee6f62d4337e72"
    )


def test_kc_comes_only_with_service_27(kit):
    card = kit.changed(NAME, without_service_27)
    card.sw(USIM)
    assert len(card(challenge(RAND, "bd9232ae9a08800023543ebd92132e9a")).data) == 1 + 17 * 3


K, OPC = (bytes.fromhex(text) for text in MILENAGE[0][:2])
NETWORK = Milenage(K, OPC)
R = bytes.fromhex(RAND)


@pytest.fixture
def card(card_with):
    made = card_with(**milenage(K.hex(), OPC.hex()))
    made.sw(USIM)
    return made


def test_wrong_mac_is_9862_and_changes_nothing(card):
    autn = autn_for(NETWORK, R, 0x21)
    before = card.card.state
    damaged = autn[:-1] + ("0" if autn[-1] != "0" else "1")
    answer = card(challenge(RAND, damaged))
    assert (answer.data, answer.sw) == (b"", 0x9862)
    assert card.card.state == before
    assert card(challenge(RAND, autn)).data[:1] == b"\xdb"


def test_replay_is_answered_with_the_published_auts(card):
    autn = autn_for(NETWORK, R, 0x21)
    assert card(challenge(RAND, autn)).data[:1] == b"\xdb"
    again = card(challenge(RAND, autn))
    assert again.data.hex() == "dc0e451e8beca41a80125eca8884b56a"
    assert again.sw == 0x9000


def test_auts_of_the_published_sequence_number(card):
    assert card(challenge(RAND, "55f328b43577b9b94a9ffac354dfafb3")).data[:1] == b"\xdb"
    again = card(challenge(RAND, "55f328b43577b9b94a9ffac354dfafb3"))
    assert again.data.hex() == "dc0eba853f3c123ccf44e93596e355c6"


def test_auts_resynchronises_the_network(card):
    """The number in AUTS is the highest accepted, and the next one after it is accepted."""
    for sqn in (0x21, 0x45):
        card(challenge(RAND, autn_for(NETWORK, R, sqn)))
    auts = card(challenge(RAND, autn_for(NETWORK, R, 0x21))).data[2:]
    held = xor(auts[:6], NETWORK.resync_ak(R))
    assert int.from_bytes(held, "big") == 0x45
    assert auts[6:] == NETWORK.mac_s(R, held, bytes(2))
    assert card(challenge(RAND, autn_for(NETWORK, R, 0x65))).data[:1] == b"\xdb"


@pytest.mark.parametrize(
    ("numbers", "tags"),
    [
        ([0x21, 0x41], ["db", "db"]),  # the same IND, SEQ higher
        ([0x41, 0x21], ["db", "dc"]),  # the same IND, SEQ lower
        ([0x41, 0x22], ["db", "db"]),  # another IND, its SEQ higher than the one stored there
        ([0x21, 0x21], ["db", "dc"]),
        ([0x01], ["dc"]),  # SEQ 0 was never new
    ],
)
def test_sequence_numbers_are_kept_per_index(card, numbers, tags):
    given = [card(challenge(RAND, autn_for(NETWORK, R, n))).data[:1].hex() for n in numbers]
    assert given == tags


def test_delta_and_age_limits_hold_when_their_options_are_set(card_with):
    card = card_with(
        **milenage(K.hex(), OPC.hex()), sqn_options=0x18, sqn_delta=0x100, sqn_age_limit=0x10
    )
    card.sw(USIM)
    sqns = [0x101 << 5, 0x100 << 5, 0x0E << 5 | 1, 0xF0 << 5 | 1]
    tags = [card(challenge(RAND, autn_for(NETWORK, R, n))).data[:1].hex() for n in sqns]
    assert tags == ["dc", "db", "dc", "db"]


def test_sequence_numbers_stay_over_a_reset(card):
    autn = autn_for(NETWORK, R, 0x21)
    card(challenge(RAND, autn))
    card.card.reset()
    card.sw(USIM)
    assert card(challenge(RAND, autn)).data[:1] == b"\xdc"


def test_isim_accepts_only_the_ims_context(card):
    card.sw(ISIM)
    answer = card(challenge(RAND, autn_for(NETWORK, R, 0x21)))
    assert answer.data[:1] == b"\xdb"
    assert len(answer.data) == 1 + 9 + 17 + 17
    assert card.sw(gsm(RAND)) == "9864"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("0088018122" + "00" * 34, "6A86"),
        ("0088008422" + "00" * 34, "9864"),
        ("00880081 03 10 0000", "6700"),
        ("0088008112 10" + "00" * 16 + "00", "6A80"),
        ("0088008110" + "10" * 16, "6700"),
    ],
)
def test_malformed_challenge_is_refused(card, command, sw):
    assert card.sw(command) == sw


def test_no_application_or_one_without_keys_refuses(terminal):
    card = terminal(NAME)
    assert card.sw(challenge(RAND, "00" * 16)) == "6985"
    card.sw(CSIM)
    assert card.sw(challenge(RAND, "00" * 16)) == "6985"


def test_user_has_to_verify_while_the_pin_is_enabled(card):
    pin = "30303030FFFFFFFF"
    assert card.sw("0028000108" + pin) == "9000"
    card.card.reset()
    card.sw(USIM)
    autn = autn_for(NETWORK, R, 0x21)
    assert card.sw(challenge(RAND, autn)) == "6982"
    assert card.sw("0020000108" + pin) == "9000"
    assert card.sw(challenge(RAND, autn)) == "9000"


def test_mapped_application_counts_on_the_source(kit):
    def change(content):
        source = next(one for one in content.aka if one.context == (0x7FD0,))
        aid = content.files.get((0x7FD0,)).aid
        other = replace(source, context=(0x7FB0,), mapped_to=aid, key=b"", opc=b"")
        return replace(content, aka=(source, other))

    card = kit.changed(NAME, change)
    card.sw(ISIM)
    autn = "bd9232ae9a08800023543ebd92132e9a"
    assert card(challenge(RAND, autn)).data[:1] == b"\xdb"
    card.sw(USIM)
    assert card(challenge(RAND, autn)).data[:1] == b"\xdc"


def test_other_constants_and_iterations_are_used(card_with):
    rotation = bytes((8, 16, 24, 40, 48))
    card = card_with(**milenage(K.hex(), OPC.hex()), rotation=rotation)
    card.sw(USIM)
    assert card.sw(challenge(RAND, autn_for(NETWORK, R, 0x21))) == "9862"
    xoring = tuple(n.to_bytes(16, "big") for n in (0, 1, 2, 4, 8))
    own = Milenage(K, OPC, rotation, xoring)
    assert card(challenge(RAND, autn_for(own, R, 0x21))).data[:1] == b"\xdb"
    twice = Tuak(bytes(32), bytes(32), res_length=8, mac_length=8, iterations=2)
    card = card_with(algorithm=2, options=1, key=bytes(32), opc=bytes(32), keccak_iterations=2)
    card.sw(USIM)
    assert card(gsm(RAND)).data.hex() == "04{}08{}".format(
        *(part.hex() for part in gsm_triplet(twice.vector(R)))
    )


def test_key_is_used_no_more_often_than_the_limit(card_with):
    card = card_with(counter_max=3, **milenage(K.hex(), OPC.hex()))
    card.sw(USIM)
    autn = autn_for(NETWORK, R, 0x21)
    damaged = autn[:-1] + ("0" if autn[-1] != "0" else "1")
    assert card(gsm(RAND)).sw == 0x9000
    assert card(challenge(RAND, damaged)).sw == 0x9862
    assert card(challenge(RAND, autn)).data[:1] == b"\xdb"
    before = card.card.state
    card.card.reset()
    card.sw(USIM)
    assert card.sw(gsm(RAND)) == "6985"
    assert card.sw(challenge(RAND, autn)) == "6985"
    assert card.card.state == before


def test_key_without_limit_is_not_counted(card):
    before = card.card.state
    card(gsm(RAND))
    assert card.card.state == before
