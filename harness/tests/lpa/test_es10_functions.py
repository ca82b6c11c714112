"""The registry of ES10 functions and the overloads say the same."""

import typing

from rspharness.lpa.es10_functions import FUNCTIONS, Sender


def test_every_row_has_its_overload_and_no_overload_is_alone():
    hints = [typing.get_type_hints(one) for one in typing.get_overloads(Sender.send)]
    assert [(hint["request"], hint["return"]) for hint in hints] == [
        (row.request, row.response) for row in FUNCTIONS
    ]


def test_no_request_belongs_to_two_functions():
    assert len({row.request for row in FUNCTIONS}) == len(FUNCTIONS)
