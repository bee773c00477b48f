"""The lower bounds of the dependencies are above the versions with known faults."""

import re
import tomllib

import pytest

from tests.helpers.repository import REPOSITORY

# The first version without the fault. The advisory databases cannot be asked where these tests run.
ADVISORIES = {
    "cryptography": ("46.0.5", "CVE-2026-26007: points of some curves were not checked"),
    "fastapi": ("0.165", "needs a starlette after CVE-2025-62727 (Range), CVE-2026-48710, -54282 and -54283"),
    "jinja2": ("3.1.6", "CVE-2025-27516: a template could leave its sandbox"),
    "orjson": ("3.11.6", "CVE-2025-67221: nested values could overflow the stack"),
    "pynacl": ("1.6.2", "CVE-2025-69277: points outside the main group passed a check"),
}


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


@pytest.mark.parametrize("name", ADVISORIES)
def test_dependencies_have_no_version_with_a_known_fault(name: str) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    dependencies = [*project["dependencies"], *project["optional-dependencies"]["hosts"]]
    bounds = dict(re.split(r"(?:\[\w+\])?>=", each.partition(";")[0]) for each in dependencies)
    least, reason = ADVISORIES[name]
    assert version(bounds[name]) >= version(least), reason
