"""The driver of a reader, by the configuration of PC/SC."""

import plistlib

import pytest

from rspharness.targets import reader_place
from rspharness.targets.reader import ReaderLink
from rspharness.targets.reader_place import driver_of

pytestmark = pytest.mark.once


def silent():
    return "", ""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Makes the configuration of a machine with one driver for USB and one in reader.conf.d."""
    bundle = tmp_path / "drivers" / "ifd-any.bundle" / "Contents"
    bundle.mkdir(parents=True)
    about = {
        "CFBundleExecutable": "libany.so",
        "CFBundleShortVersionString": "1.5.2",
        "ifdFriendlyName": ["ACME Reader", "ACME Reader Plus"],
    }
    (bundle / "Info.plist").write_bytes(plistlib.dumps(about))
    files = tmp_path / "reader.conf.d"
    files.mkdir()
    (files / "vpcd").write_text(
        '#LIBPATH /nowhere.so\nFRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\n'
        "LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so\n"
    )
    monkeypatch.setattr(reader_place, "_BUNDLES", (tmp_path / "drivers",))
    monkeypatch.setattr(reader_place, "_CONFIGURATION", files)
    monkeypatch.delenv("PCSCLITE_CSOCK_NAME", raising=False)
    return bundle


@pytest.mark.parametrize(
    ("reader", "driver"),
    [
        ("Virtual PCD 00 01", "libifdvpcd.so"),
        ("ACME Reader Plus 01 00", "libany.so 1.5.2"),
        ("Unknown reader 00 00", ""),
    ],
)
def test_driver_is_that_whose_configuration_names_the_reader(configured, reader, driver):
    assert driver_of(reader, silent) == driver


def test_what_the_reader_says_of_itself_is_added(configured):
    assert driver_of("ACME Reader 00 00", lambda: ("ACME", "1.02")) == "libany.so 1.5.2 (ACME 1.02)"
    assert driver_of("Unknown", lambda: ("ACME", "")) == "ACME"


def test_driver_behind_a_forwarded_socket_is_on_another_machine(configured, monkeypatch):
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "far.comm")
    assert driver_of("Virtual PCD 00 00", silent) == ""
    assert driver_of("Virtual PCD 00 00", lambda: ("ACME", "1.02")) == "ACME 1.02"


def test_bundle_that_cannot_be_read_is_left_out(configured):
    (configured / "Info.plist").write_text("no property list")
    assert driver_of("ACME Reader 00 00", silent) == ""


def test_reader_is_asked_for_maker_and_version(library):
    scard = library("A")
    said = {1: b"ACME\0", 2: (0x01020007).to_bytes(4, "little")}
    scard.SCardGetAttrib = lambda _, attribute: (0, list(said[attribute]))
    assert ReaderLink("A").said() == ("ACME", "1.02")
    scard.SCardGetAttrib = lambda *_: (1, [])
    assert ReaderLink("A").said() == ("", "")
