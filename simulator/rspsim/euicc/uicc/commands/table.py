"""Every command of the file system and its applications: instruction, handler."""

from collections.abc import Callable
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspsim.euicc.decisions import Decision
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.commands import (
    administrative,
    authenticate,
    ber_tlv_file,
    binary,
    identity,
    life_cycle,
    pin,
    record,
    status_and_suspend,
)

__all__ = ["COMMANDS", "Handler"]

Handler = Callable[[CommandApdu, View], Outcome]

COMMANDS: Final[Decision[tuple[tuple[int, Handler], ...]]] = Decision(
    "uicc.commands",
    (
        (Ins.GET_STATUS, status_and_suspend.status),
        (Ins.READ_BINARY, binary.read_binary),
        (Ins.UPDATE_BINARY, binary.update_binary),
        (Ins.READ_RECORD, record.read_record),
        (Ins.UPDATE_RECORD, record.update_record),
        (Ins.SEARCH_RECORD, record.search_record),
        (Ins.INCREASE, record.increase),
        (Ins.VERIFY_PIN, pin.verify_pin),
        (Ins.CHANGE_PIN, pin.change_pin),
        (Ins.DISABLE_PIN, pin.disable_pin),
        (Ins.ENABLE_PIN, pin.enable_pin),
        (Ins.UNBLOCK_PIN, pin.unblock_pin),
        (Ins.ACTIVATE_FILE, life_cycle.activate_file),
        (Ins.DEACTIVATE_FILE, life_cycle.deactivate_file),
        (Ins.CREATE_FILE, administrative.create_file),
        (Ins.DELETE, administrative.delete_file),
        (Ins.RESIZE_FILE, administrative.resize_file),
        (Ins.AUTHENTICATE, authenticate.authenticate),
        (Ins.GET_CHALLENGE, status_and_suspend.get_challenge),
        (Ins.RETRIEVE_DATA, ber_tlv_file.retrieve_data),
        (Ins.SET_DATA, ber_tlv_file.set_data),
        (Ins.GET_IDENTITY, identity.get_identity),
        (Ins.SUSPEND_UICC, status_and_suspend.suspend_uicc),
    ),
    "commands a channel without an own application takes",
)
