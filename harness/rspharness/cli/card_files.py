"""`rsplab card tree` and `rsplab card read`: the files the browser finds, printed."""

import argparse
import json
from collections.abc import Mapping

from rspcore.status import describe
from rspharness.cli.command_options import card_choice
from rspharness.run.connection import linked
from rspharness.uicc.decoders import decoded
from rspharness.uicc.file_browser import Content, FileBrowser, Found, Structure

__all__ = ["run"]

_SHOWN_OCTETS = 24


def run(options: argparse.Namespace) -> int:
    """Carries out the sub-command; returns its exit code.

    Raises:
        RspError: no card, no such file, or the card refuses.
    """
    with linked(card_choice(options)) as channel:
        browser = FileBrowser(channel)
        return _tree(browser, options) if options.command == "tree" else _read(browser, options)


def _tree(browser: FileBrowser, options: argparse.Namespace) -> int:
    views = []
    for depth, found in browser.tree():
        content = None if options.no_content else browser.read(found)
        views.append(_view(found, content))
        if not options.json:
            print(_line(depth, found, content))
    if options.json:
        print(json.dumps({"files": views}, indent=2))
    return 0


def _read(browser: FileBrowser, options: argparse.Namespace) -> int:
    found = browser.select(browser.place_of(options.path))
    content = browser.read(found)
    if options.json:
        print(json.dumps(_view(found, content), indent=2))
        return 0
    print(f"{found.place.shown}  {found.place.name}  {_facts(found)}")
    print(f"FCP  {found.raw.hex().upper()}")
    for number, part in enumerate(content.parts, 1):
        label = f"{number:3}  " if len(content.parts) > 1 or found.record_length else ""
        print(f"{label}{part.hex().upper()}")
        meaning = decoded(found.place.directory, found.place.name, part)
        if meaning:
            print(f"     {meaning}")
    if content.refused is not None:
        print(f"not read: {describe(content.refused)}")
    return 0 if content.refused is None else 1


def _facts(found: Found) -> str:
    if found.structure is Structure.DIRECTORY:
        return "" if found.activated else "deactivated"
    size = f"{found.size}"
    if found.record_length:
        size = f"{found.size // found.record_length}x{found.record_length}"
    words = [str(found.structure), size]
    if found.sfi:
        words.append(f"SFI {found.sfi:02X}")
    if found.rule:
        words.append(f"rule {found.rule.hex().upper()}")
    if not found.activated:
        words.append("deactivated")
    return ", ".join(words)


def _line(depth: int, found: Found, content: Content | None) -> str:
    place = found.place
    fid = f"{place.path[-1]:04X}" if place.path else "3F00" if not place.aid else place.aid.hex()
    begin = f"{'  ' * depth}{fid} {place.name}"
    facts = _facts(found)
    line = f"{begin:<34} {facts}" if facts else begin
    if content is None:
        return line
    if content.refused is not None and not content.parts:
        return f"{line}: {describe(content.refused)}"
    return f"{line}: {_summary(found, content)}" if content.parts else line


def _summary(found: Found, content: Content) -> str:
    """Returns the first meaningful part in words, or its first octets."""
    place = found.place
    words = [decoded(place.directory, place.name, part) for part in content.parts]
    meaningful = [word for word in words if word and word != "empty"]
    if meaningful:
        more = f" (+{len(meaningful) - 1})" if len(meaningful) > 1 else ""
        return meaningful[0] + more
    if any(words):
        return "empty"
    octets = b"".join(content.parts)
    if octets and octets == octets[:1] * len(octets):
        return f"all {octets[0]:02X}"
    shown = octets[:_SHOWN_OCTETS].hex().upper()
    return shown + ("..." if len(octets) > _SHOWN_OCTETS else "")


def _view(found: Found, content: Content | None) -> Mapping[str, object]:
    place = found.place
    view: dict[str, object] = {
        "path": place.shown,
        "name": place.name,
        "structure": str(found.structure),
        "size": found.size,
        "record_length": found.record_length,
        "sfi": found.sfi,
        "rule": found.rule.hex().upper(),
        "activated": found.activated,
        "fcp": found.raw.hex().upper(),
    }
    if content is not None:
        view["content"] = [part.hex().upper() for part in content.parts]
        view["decoded"] = [decoded(place.directory, place.name, part) for part in content.parts]
        view["refused"] = None if content.refused is None else f"{content.refused:04X}"
    return view
