import pytest

from rspcore.errors import DecodeError
from rspharness.card.atr import Atr


def read(text):
    return Atr.parse(bytes.fromhex(text))


def test_euicc_shows_its_functions_after_t15():
    atr = read("3B9F96803FC7828031E073FE2113655549434373696D13")
    assert (atr.protocols, atr.global_tb) == ((0,), 0x82)
    assert atr.historical == bytes.fromhex("8031E073FE2113655549434373696D")


def test_plain_card_has_no_global_tb():
    atr = read("3B9F96801FC78031E073FE2113655549434373696DB1")
    assert (atr.protocols, atr.global_tb) == ((0,), None)


def test_protocols_are_listed_in_order():
    assert read("3B808031FE451F82").protocols == (0, 1)
    assert read("3B8131FE4500").protocols == (1,)


def test_tb_of_a_protocol_is_not_the_global_one():
    atr = read("3B8080B1FE452F82")  # TB3 = 45 belongs to T=1, TB4 = 82 follows T=15
    assert (atr.protocols, atr.global_tb) == ((0, 1), 0x82)


def test_no_interface_bytes_mean_t0():
    assert read("3B021122") == Atr((0,), None, b"\x11\x22")


@pytest.mark.parametrize("text", ["", "3B", "3B9F96", "3B02AA"])
def test_truncated_atr_is_refused(text):
    with pytest.raises(DecodeError, match="cut short"):
        read(text)
