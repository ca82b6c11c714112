"""Virtual readers in pcscd's configuration: what is read and written, and the resulting ports."""

from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspsim.transports import readers
from rspsim.transports.readers import (
    ReaderEntry,
    Slot,
    configured_slots,
    find_driver,
    is_virtual,
    prepare_readers,
    read_entries,
)

PACKAGED = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x8C7B
"""


def test_entry_of_the_package_gives_two_slots(tmp_path: Path) -> None:
    (tmp_path / "vpcd").write_text(PACKAGED)
    assert configured_slots(tmp_path) == (
        Slot("Virtual PCD 00 00", 35963),
        Slot("Virtual PCD 00 01", 35964),
    )


def test_comments_are_ignored_and_other_drivers_are_not_virtual(tmp_path: Path) -> None:
    (tmp_path / "serial").write_text(
        '#FRIENDLYNAME "Off"\n#LIBPATH /x.so\n'
        'FRIENDLYNAME "GemPCTwin serial"  # on\nDEVICENAME /dev/ttyS0:GemPCPinPad\n'
        "LIBPATH /usr/lib/pcsc/drivers/serial/libccidtwin.so\n"
    )
    (entry,) = read_entries(tmp_path)
    assert entry.name == "GemPCTwin serial"
    assert not entry.virtual
    assert entry.slots == ()


def test_two_entries_in_one_file_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "both").write_text(
        PACKAGED + PACKAGED.replace("PCD", "PCD 2").replace("0x8C7B", "35965")
    )
    assert [slot.port for slot in configured_slots(tmp_path)] == [35963, 35964, 35965, 35966]


def test_entry_without_a_driver_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "half").write_text('FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:1\n')
    assert read_entries(tmp_path) == ()


def test_missing_folder_has_no_readers(tmp_path: Path) -> None:
    assert read_entries(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("device", ["localhost:35963", "/dev/null:word", "", "/dev/null"])
def test_device_without_a_port_to_connect_to_gives_no_slots(device: str) -> None:
    entry = ReaderEntry("Virtual PCD", device, Path("/x/libifdvpcd.so"), Path("vpcd"))
    assert entry.port is None
    assert entry.slots == ()


@pytest.mark.parametrize(("count", "copies"), [(1, 1), (2, 1), (3, 2), (6, 3)])
def test_each_two_slots_get_a_copy_of_the_driver_and_a_name(
    tmp_path: Path, count: int, copies: int
) -> None:
    driver = tmp_path / "driver.so"
    driver.write_bytes(b"\x7fELF")
    folder = prepare_readers(count, tmp_path / "made", driver)
    entries = read_entries(folder)
    assert len({entry.library for entry in entries}) == copies
    assert all(entry.library.read_bytes() == b"\x7fELF" for entry in entries)
    assert not any(entry.library.is_symlink() for entry in entries)
    assert len({entry.name for entry in entries}) == copies
    slots = configured_slots(folder)
    assert [slot.port for slot in slots] == list(range(35963, 35963 + 2 * copies))
    assert all(is_virtual(slot.reader) for slot in slots)


def test_preparing_again_replaces_what_was_there(tmp_path: Path) -> None:
    driver = tmp_path / "driver.so"
    driver.write_bytes(b"\x7fELF")
    prepare_readers(6, tmp_path, driver)
    assert len(configured_slots(prepare_readers(2, tmp_path, driver))) == 2


def test_preparing_without_a_driver_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_DRIVER_FOLDERS", (str(tmp_path),))
    with pytest.raises(ConfigError, match="not installed"):
        prepare_readers(4, tmp_path)


def test_preparing_in_an_unusable_folder_is_refused(tmp_path: Path) -> None:
    driver = tmp_path / "driver.so"
    driver.write_bytes(b"\x7fELF")
    with pytest.raises(ConfigError, match="readers cannot be written there"):
        prepare_readers(4, driver, driver)


def test_driver_is_found_behind_its_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_DRIVER_FOLDERS", (str(tmp_path),))
    assert find_driver() is None
    (tmp_path / "libifdvpcd.so").symlink_to("libifdvpcd.so.0.8")
    assert find_driver() is None
    (tmp_path / "libifdvpcd.so.0.8").touch()
    assert find_driver() == tmp_path / "libifdvpcd.so.0.8"
