"""Alters real octets and decodes them, for a parent with a time limit (see test_schema_fuzz).

Usage: schema_fuzz.py guarded|bare EXAMPLES FILE... Each file holds one data object per line:
module, type and octets in hexadecimal digits.
"""

import sys
from pathlib import Path

import asn1tools
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rspcore import schema
from rspcore.errors import DecodeError

OCTET = st.integers(0, 255)
INTERESTING = st.sampled_from([0x00, 0x01, 0x02, 0x1F, 0x30, 0x7F, 0x80, 0x84, 0xA0, 0xBF, 0xFF])


@st.composite
def altered(draw, samples):
    module, kind, octets = draw(st.sampled_from(samples))
    data = bytearray(octets)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 12))
        match draw(st.sampled_from(["set", "cut", "insert", "repeat", "swap", "end"])):
            case "set":
                data[place : place + 1] = bytes((draw(st.one_of(OCTET, INTERESTING)),))
            case "cut":
                del data[place : place + length]
            case "insert":
                data[place:place] = bytes(draw(st.lists(INTERESTING, min_size=1, max_size=6)))
            case "repeat":
                data[place:place] = data[place : place + length]
            case "swap":
                other = draw(st.integers(0, max(len(data) - 1, 0)))
                moved = data[other : other + length]
                data[place : place + length] = moved
            case _:
                del data[place:]
    return module, kind, bytes(data)


def read_samples(names):
    samples = []
    for name in names:
        for line in Path(name).read_text().splitlines():
            module, kind, octets = line.split()
            samples.append((module, kind, bytes.fromhex(octets)))
    return samples


def guarded(module, kind, octets):
    try:
        schema.decode(module, kind, octets)
    except DecodeError:
        return


def bare(module, kind, octets):
    """Calls the library without the walk before it: it has to return without that as well."""
    try:
        schema._type(module, kind).decode(octets)
    except (asn1tools.Error, ValueError, IndexError, TypeError, RecursionError):
        return


def main(way, examples, *names):
    decode = {"guarded": guarded, "bare": bare}[way]

    @settings(
        max_examples=int(examples),
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(altered(read_samples(names)))
    def run(case):
        decode(*case)

    run()


if __name__ == "__main__":
    main(*sys.argv[1:])
