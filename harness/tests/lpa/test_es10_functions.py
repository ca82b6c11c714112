"""The registry of ES10 functions and the overloads agree."""

import typing

from rspharness.lpa.es10_functions import FUNCTIONS, Sender


def test_every_row_has_an_overload_and_every_overload_a_row():
    hints = [typing.get_type_hints(one) for one in typing.get_overloads(Sender.send)]
    assert [(hint["request"], hint["return"]) for hint in hints] == [
        (row.request, row.response) for row in FUNCTIONS
    ]


def test_no_request_belongs_to_two_functions():
    assert len({row.request for row in FUNCTIONS}) == len(FUNCTIONS)
