"""Faults of the profile interpreter: instructions of a package that are not carried out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspsim.euicc.profile_content.interpreter.building import Building
from rspsim.euicc.profile_content.interpreter.interpret import ELEMENTS
from rspsim.euicc.profile_content.model import File, ProfileContent
from rspsim.faults.card.card_fault import CardFault, Change
from rspsim.faults.card.handler_changes import entry_instead

__all__ = ["FAULTS"]

_Runner = Callable[..., Building]


def _after(name: str, change: Callable[[ProfileContent], ProfileContent]) -> Change:
    """Returns a change of what an element made."""

    def wrap(run: _Runner) -> _Runner:
        def runner(building: Building, element: Any) -> Building:
            made = run(building, element)
            return made.having(change(made.content))

        return runner

    return entry_instead(ELEMENTS, name, wrap)


def _files(change: Callable[[File], File]) -> Callable[[ProfileContent], ProfileContent]:
    def changed(content: ProfileContent) -> ProfileContent:
        for one in content.files.files:
            content = content.with_file(change(one))
        return content

    return changed


def _body_of(fid: int, body: Callable[[File], bytes]) -> Callable[[ProfileContent], ProfileContent]:
    return _files(lambda one: replace(one, body=body(one)) if one.fid == fid else one)


def _skipped(_run: _Runner) -> _Runner:
    def runner(building: Building, _element: Any) -> Building:
        return building

    return runner


def _pins_enabled(content: ProfileContent) -> ProfileContent:
    return replace(content, pins=tuple(replace(pin, enabled=True) for pin in content.pins))


def _tries_full(content: ProfileContent) -> ProfileContent:
    return replace(
        content, puks=tuple(replace(puk, remaining=puk.maximum - 1) for puk in content.puks)
    )


def _key_reversed(content: ProfileContent) -> ProfileContent:
    return replace(content, aka=tuple(replace(one, key=one.key[::-1]) for one in content.aka))


def _links_copied(content: ProfileContent) -> ProfileContent:
    def own(one: File) -> File:
        target = content.files.resolve(one)
        body = b"\xff" * len(target.body)
        return one if one.link is None else replace(target, path=one.path, body=body)

    return _files(own)(content)


def _last_octet_lost(one: File) -> File:
    return replace(one, body=one.body[:-1] + b"\xff") if one.body else one


FAULTS: Final = (
    CardFault(
        "interpreter.generic.no-content",
        "Content of files made by GenericFileManagement is not written.",
        ("UICC.Content#01",),
        _after(
            "genericFileManagement",
            _files(
                lambda one: (
                    replace(one, body=b"\xff" * len(one.body))
                    if one.fid >> 8 == 0x2F and one.fid & 0xF0 == 0x20
                    else one
                )
            ),
        ),
    ),
    CardFault(
        "interpreter.generic.last-octet-lost",
        "The last octet of a file made by GenericFileManagement is not written.",
        ("UICC.Content#01",),
        _after("genericFileManagement", _files(_last_octet_lost)),
    ),
    CardFault(
        "interpreter.usim.imsi-not-written",
        "EF.IMSI keeps the content of its template.",
        ("UICC.Content#02",),
        _after("usim", _body_of(0x6F07, lambda one: b"\xff" * len(one.body))),
    ),
    CardFault(
        "interpreter.usim.template-content-zero",
        "Files that the package does not mention contain zeros.",
        ("UICC.Content#03",),
        _after("usim", _body_of(0x6F08, lambda one: bytes(len(one.body)))),
    ),
    CardFault(
        "interpreter.usim.locked-to-another-size",
        "EF.LOCI has the size of EF.PSLOCI.",
        ("UICC.Content#03",),
        _after("usim", _body_of(0x6F7E, lambda _: b"\xff" * 14)),
    ),
    CardFault(
        "interpreter.usim.link-copied",
        "A link becomes a separate file without the content of its target.",
        ("UICC.Content#04",),
        _after("usim", _links_copied),
    ),
    CardFault(
        "interpreter.mf.iccid-swapped",
        "EF.ICCID is written with its nibbles swapped back.",
        ("UICC.Content#02", "UICC.ReadBinary#04"),
        _after(
            "mf",
            _body_of(0x2FE2, lambda one: bytes(o >> 4 | (o & 0xF) << 4 for o in one.body)),
        ),
    ),
    CardFault(
        "interpreter.pins.always-enabled",
        "PINs are enabled whatever their attributes say.",
        ("UICC.Fcp#03",),
        _after("pinCodes", _pins_enabled),
    ),
    CardFault(
        "interpreter.puks.one-try-less",
        "PUKs start with one try less than the package says.",
        ("UICC.UnblockPin#02",),
        _after("pukCodes", _tries_full),
    ),
    CardFault(
        "interpreter.aka.key-reversed",
        "The octets of K are stored in reverse order.",
        ("UICC.Authenticate#01", "UICC.Authenticate#05"),
        _after("akaParameter", _key_reversed),
    ),
    CardFault(
        "interpreter.rfm.forgotten",
        "Instances of remote file management are not created.",
        ("UICC.Ota#01", "UICC.Ota#04"),
        entry_instead(ELEMENTS, "rfm", _skipped),
    ),
)
