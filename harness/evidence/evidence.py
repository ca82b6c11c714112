"""Imports evidence made elsewhere into the folder of data: `evidence.py FOLDER`.

Each file of `fixtures/evidence.toml` is looked for below FOLDER by its SHA-256, whatever its name
is there, and copied to its place in `shared/data` beside the checkout, or in the folder that
`RSPLAB_DATA` names. FOLDER is for example a checkout of osmo-smdpp, or the unpacked packages of
TS.48. A file in place stays as it is; one with other content is named, and replaced by `--force`.
Without FOLDER it only says what is in place.

Exit code: 0 everything is in place; 1 files are missing or have other content; 2 wrong use.
"""

import argparse
import shutil
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "simulator" / "tests"))
from evidence_list import DATA, digest_of, found, listed


def main(arguments: list[str]) -> int:
    """Imports what is found and prints what is missing; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="where the files are looked for")
    parser.add_argument("--force", action="store_true", help="replace files with other content")
    options = parser.parse_args(arguments)
    if options.folder is not None and not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    states = state_of_files()
    if options.folder is not None:
        wanted = {"missing", "other content"} if options.force else {"missing"}
        names = [name for name, state in states.items() if state in wanted]
        import_files(options.folder, names)
        states = state_of_files()
    return show(states)


def state_of_files() -> dict[str, str]:
    """Returns each listed file with `in place`, `missing` or `other content`."""
    states = {}
    for name, digest in listed().items():
        path = found(name)
        if not path.is_file():
            states[name] = "missing"
        else:
            states[name] = "in place" if digest_of(path) == digest else "other content"
    return states


def import_files(folder: Path, names: list[str]) -> None:
    """Copies the files of these names from wherever they are below a folder."""
    by_digest = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            by_digest.setdefault(digest_of(path), path)
    for name in names:
        source = by_digest.get(listed()[name])
        if source is not None:
            found(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, found(name))


def show(states: dict[str, str]) -> int:
    """Prints the files that are not in place and the sum; returns the exit code."""
    for name, state in states.items():
        if state != "in place":
            print(f"{state}: {name}")
    count = Counter(states.values())
    print(f"evidence: {count['in place']} of {len(states)} files in place; data in {DATA}")
    return 0 if count["in place"] == len(states) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
