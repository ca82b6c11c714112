"""Allure: steps, labels and attachments, whenever pytest runs with --alluredir.

allure-pytest writes its own results from pytest's; this module adds what it cannot know: the ids of
the catalogue, the function as the feature, our steps, the card, and the trace of the APDUs, masked.
The card is a parameter of the case, so that Allure keeps a history for each card.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from rspharness.record.steps import Step, StepListener
from rspharness.report.masking import masked_trace

if TYPE_CHECKING:
    from rspharness.run.case_state import CaseState

__all__ = ["allure_listeners", "attach_evidence", "describe_case", "wants_allure"]


class _Entered(Protocol):
    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None: ...


class _AllureSteps:
    """Reports each step to Allure."""

    def __init__(self) -> None:
        self._open: list[_Entered] = []

    def began(self, step: Step) -> None:
        """Opens an Allure step."""
        import allure  # noqa: PLC0415  only for runs that write Allure results

        context: Any = allure.step(step.title)
        context.__enter__()
        self._open.append(context)

    def ended(self, step: Step, error: BaseException | None) -> None:
        """Closes the Allure step; an exception marks it as failed."""
        del step
        traceback = error.__traceback__ if error is not None else None
        self._open.pop().__exit__(type(error) if error is not None else None, error, traceback)


def wants_allure(config: pytest.Config) -> bool:
    """Returns whether this run writes Allure results."""
    return bool(config.getoption("allure_report_dir", None))


def allure_listeners(config: pytest.Config) -> tuple[StepListener, ...]:
    """Returns the listener for a case, if Allure results are written."""
    return (_AllureSteps(),) if wants_allure(config) else ()


def describe_case(config: pytest.Config, case: "CaseState") -> None:
    """Labels the case with its ids, area, function and expected results."""
    if not wants_allure(config):
        return
    import allure  # noqa: PLC0415  only for runs that write Allure results

    first = case.requirements[0]
    dynamic: Any = allure.dynamic
    dynamic.title(_title(case))
    dynamic.epic("SGP.22 eUICC")
    dynamic.feature(first.area)
    dynamic.story(first.function)
    dynamic.tag(*case.ids, first.kind)
    dynamic.label("level", str(case.level))
    dynamic.description(
        "\n".join(
            f"{row.id} (SGP.22 {row.spec_ref}): {row.title}\n\n"
            f"Initial conditions: {row.initial_conditions}\n\nExpected: {row.expected}\n"
            for row in case.requirements
        )
    )


def attach_evidence(
    config: pytest.Config, case: "CaseState", facts: Mapping[str, str], *, simulated: str
) -> None:
    """Attaches the card, the trace and what was observed to the running Allure case.

    Args:
        config: Configuration of the run.
        case: The case.
        facts: Facts of the run, as far as they are known.
        simulated: Name of the target where each case has a new simulated card, else empty.
    """
    if not wants_allure(config):
        return
    import allure  # noqa: PLC0415  only for runs that write Allure results

    card = simulated or _pseudonym(facts.get("eid", ""))
    dynamic: Any = allure.dynamic
    dynamic.title(_title(case))  # once more: Allure has named the case after its function meanwhile
    dynamic.parameter("card", card)
    for name in ("firmware", "svn", "reader"):
        if facts.get(name):
            dynamic.label(name, facts[name])
    text = allure.attachment_type.TEXT
    allure.attach(masked_trace(case.trace.text()), name="APDU trace", attachment_type=text)
    if case.steps.notes:
        allure.attach("\n".join(case.steps.notes), name="Observed", attachment_type=text)
    if case.expected:
        allure.attach(case.explain(), name="Explanation", attachment_type=text)


def _title(case: "CaseState") -> str:
    return f"{' '.join(case.ids)}: {case.title}"


def _pseudonym(eid: str) -> str:
    """Returns a name that is the same for one card in every run, and does not give its EID away."""
    return f"card {sha256(eid.encode()).hexdigest()[:6]}" if eid else "card without EID"
