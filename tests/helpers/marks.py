"""Find the tests that start processes, by the names that their code refers to."""

import subprocess
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.helpers.server import Server


def starts_process(item: pytest.Function) -> bool:
    """Whether the test or one of its fixtures refers to ``subprocess`` or ``Server``, also through helpers."""
    fixtures = [each.func for name in item.fixturenames for each in item._fixtureinfo.name2fixturedefs.get(name, ())]
    seen: set[FunctionType] = set()
    return any(_refers(function, seen) for function in (_test_function(item), *fixtures))


def _test_function(item: pytest.Function) -> Any:
    """Return the function below the wrappers of Hypothesis."""
    inner = getattr(item.obj, "hypothesis", None)
    return inner.inner_test if inner else item.obj


def _refers(function: Any, seen: set[FunctionType]) -> bool:
    function = getattr(function, "__wrapped__", function)
    function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    values = [function.__globals__.get(name) for name in _names(function.__code__)]
    return any(value is subprocess or value is Server for value in values) or any(
        _refers(each, seen) for value in values if _is_from_tests(value) for each in _functions(value)
    )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_from_tests(value: object) -> bool:
    return isinstance(value, FunctionType | type) and value.__module__.startswith("tests.")


def _functions(value: Any) -> list[Any]:
    return list(vars(value).values()) if isinstance(value, type) else [value]
