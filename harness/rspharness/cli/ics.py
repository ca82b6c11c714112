"""`rsplab ics`: the declaration of a product, drafted from a card, held against card or server."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rspcore.errors import ConfigError, LocalError
from rspharness.cli.command_options import add_server, card_choice, card_options

if TYPE_CHECKING:
    from rspharness.record.catalogue import Catalogue
    from rspharness.run.declaration.card_values import Said
    from rspharness.targets.settings import TargetSettings

__all__ = ["add_parser", "check", "init"]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `ics` to the program."""
    parser = subparsers.add_parser(
        "ics",
        help="draft the declaration of a product, or hold it against a card",
        description="The target file of a product is its declaration: release, options, expected "
        "values, keys, budgets, known deviations. Only reading commands are sent to a card.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    drafted = commands.add_parser(
        "init",
        parents=[card_options()],
        help="write a draft from what a card says of itself",
        description="Write a target file from what a card says of itself. What no command shows "
        "stands in it as a remark, to be filled in.",
        epilog="Exit code: 0 the file is written; 2 wrong use; 3 no card, or the file is there.",
    )
    drafted.add_argument("file", type=Path, metavar="FILE", help="new target file, such as my.toml")
    drafted.add_argument("--name", default="", help="name of the product (default: of the file)")
    drafted.add_argument(
        "--from-card", action="store_true", help="read the card (there is no other source yet)"
    )
    drafted.set_defaults(func=init)
    checked = commands.add_parser(
        "check",
        parents=[card_options()],
        help="find what a declaration says and the card, or the server, does not",
        description="Read the card and show each option and value of the target file that it "
        'contradicts. Of a file with kind = "server" the server is asked, which --smdpp or --smds '
        "names: curves, binding and version by sessions, which cost nothing, and with --provision "
        "each option that an order shows, for an order each.",
        epilog="Exit code: 0 nothing contradicts; 1 something does; 2 a name or value of the file "
        "is wrong; 3 no card, or no server.",
    )
    served = checked.add_argument_group("the server, in place of the card")
    add_server(served)
    served.add_argument("--pki", type=Path, metavar="DIR", help="credentials that it trusts")
    checked.add_argument("file", type=Path, metavar="FILE", help="target file")
    checked.set_defaults(func=check)


def init(options: argparse.Namespace) -> int:
    """Writes a draft from a card.

    Raises:
        ConfigError: no card, or the file is there or cannot be written.
        LocalError: the file is no .toml.
    """
    from rspharness.run.declaration.draft import draft  # noqa: PLC0415  only when used

    file: Path = options.file
    if file.suffix != ".toml":
        raise LocalError(f"{file}: a target file ends in .toml")
    if file.exists():
        raise ConfigError(f"{file}: is there already; name a new file")
    said, facts = _said(options)
    kind = "inprocess" if options.target == "inprocess" else "pcsc"
    kind = "at" if options.target.startswith("at:") else kind
    text = draft(said, options.name or file.stem, facts.get("reader", ""), kind)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ConfigError(f"{file}: {problem.strerror}") from problem
    print(f"{file}: {len(said.options)} options and {len(said.values)} values of the card")
    print(f"to be filled in: {', '.join(sorted(said.unknown)) or 'nothing'}")
    for name, reason in said.unread.items():
        print(f"not read: {name}: {reason}")
    return 0


def check(options: argparse.Namespace) -> int:
    """Shows what a declaration says and the card does not; returns 1 where something does.

    Raises:
        ConfigError: no card, or no catalogue.
        LocalError: a name or a value of the file is wrong.
    """
    from rspharness.run.declaration.card_values import contradictions  # noqa: PLC0415  only when used

    product = "smds" if options.smds else "smdpp" if options.smdpp else ""
    settings = _declared(options.file, product)
    if options.smdpp or options.smds or settings.kind == "server":
        return _check_server(options, settings)
    if options.target == "pcsc":
        options.target = str(options.file)  # its kind and its reader
    said, _ = _said(options)
    found = contradictions(settings, said)
    for line in found:
        print(line)
    missing = sorted(said.unknown.keys() - settings.options.keys())
    if missing:
        print(f"neither declared nor shown by the card: {', '.join(missing)}")
    for name, reason in said.unread.items():
        print(f"not read: {name}: {reason}")
    number = len(settings.options) + len(settings.values)
    print(f"{len(found)} of {number} declared options and values are contradicted by the card")
    return 1 if found else 0


def _check_server(options: argparse.Namespace, settings: "TargetSettings") -> int:
    """Shows what a declaration says and the answers of a server do not.

    Raises:
        NoCardError: the server is not reached.
        LocalError: an option is missing or wrong.
    """
    from datetime import UTC, datetime  # noqa: PLC0415  only when used

    from rspharness.peers.provision import require_way  # noqa: PLC0415  likewise
    from rspharness.peers.server_run import ServerRun  # noqa: PLC0415  likewise
    from rspharness.peers.server_target import KIND, ServerWords, is_own, place_of  # noqa: PLC0415  likewise
    from rspharness.run.run_options import RunOptions  # noqa: PLC0415  likewise

    where, provision = options.smdpp or options.smds, options.provision or ""
    if settings.kind != KIND:
        raise LocalError(f'{options.file}: kind = "{KIND}" is expected beside --smdpp or --smds')
    if not where or (options.smdpp and options.smds):
        raise LocalError(f"{options.file} declares a server: name it by --smdpp URL or --smds URL")
    sm_ds, client = bool(options.smds), options.es2plus_client
    if not is_own(where):
        place_of(where)
    known = bool(options.es2plus and client) or (is_own(where) and not sm_ds)
    require_way(provision, es2plus=known)
    folder = options.es12_client if sm_ds else client
    rows = _catalogue("smds" if sm_ds else "smdpp")
    words = ServerWords(
        where=where,
        provision=provision,
        settings=settings,
        options=frozenset(name for row in rows for name in row.condition.names),
        es2plus=options.es2plus or "",
        client=Path(folder) if folder else None,
        other=Path(options.es2plus_other) if options.es2plus_other else None,
        sm_ds=sm_ds,
    )
    now = datetime.now(tz=UTC)  # noqa: TID251  the server has the real clock
    run = ServerRun(RunOptions(smdpp=where, pki=options.pki, started=now), words)
    try:
        found, hidden = run.said_otherwise()
    finally:
        run.close()
    for line in found:
        print(line)
    for name, reason in sorted(hidden.items()):
        print(f"not seen: {name}: {reason}")
    number = len(settings.options) + len(settings.values) + bool(settings.release)
    print(f"{len(found)} of {number} declarations are contradicted by the server")
    return 1 if found else 0


def _catalogue(product: str) -> "Catalogue":
    """Returns the catalogue of cards, or of "smdpp" or "smds"."""
    from rspharness.cli.run import CATALOGUE, find_catalogue, find_suites  # noqa: PLC0415  only when used
    from rspharness.record.catalogue import Catalogue  # noqa: PLC0415  likewise

    suites = find_suites(None)
    folder = find_catalogue(suites) or suites.parent / CATALOGUE
    return Catalogue.load(folder / f"{product}.csv" if product else folder)


def _declared(file: Path, product: str) -> "TargetSettings":
    from rspharness.run.declaration.declared_names import require_known_names  # noqa: PLC0415  only when used
    from rspharness.targets.settings import TargetSettings as Settings  # noqa: PLC0415  likewise

    try:
        settings = Settings.load(file)
        if settings.kind == "server":
            product = product or "smdpp"
        require_known_names(settings, _catalogue(product), str(file))
    except ConfigError as error:
        raise LocalError(str(error)) from error
    return settings


def _said(options: argparse.Namespace) -> "tuple[Said, dict[str, str]]":
    """Reads the card that the options choose."""
    from rspharness.card.card_under_test import Card  # noqa: PLC0415  only when used
    from rspharness.record.testcase import Level  # noqa: PLC0415  likewise
    from rspharness.run.connection import reached  # noqa: PLC0415  likewise
    from rspharness.run.declaration.card_values import said_by  # noqa: PLC0415  likewise
    from rspharness.targets.guard import GuardedLink  # noqa: PLC0415  likewise

    choice = card_choice(options)
    with reached(choice) as (link, facts):
        card = Card(GuardedLink(link, Level.READ_ONLY, lambda: False), choice.options)
        card.reset()
        return said_by(card), dict(facts)
