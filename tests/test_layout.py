"""The rules for the layout of the tests."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.repository import REPOSITORY

MODULES = sorted((REPOSITORY / "tests").rglob("*.py"))


def imported_names(module: Path) -> Iterator[str]:
    """Yield the modules, and the names in modules, that this one imports."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_test_modules_are_not_imported(module: Path) -> None:
    """Shared code belongs in ``tests/helpers/``."""
    names = [name for name in imported_names(module) if name.startswith("tests.")]
    assert [name for name in names if any(part.startswith("test_") for part in name.split("."))] == []
