"""Every claim about security and reliability names tests, and these exist."""

import ast
import re

import pytest

from tests.helpers.repository import REPOSITORY

pages = pytest.mark.parametrize("page", ["docs/security.md", "docs/reliability.md"])


def claims(page: str) -> list[str]:
    """Return each claim with the tests that it names."""
    promised = (REPOSITORY / page).read_text().split("\n## Not promised")[0]
    return re.findall(r"^- (?:.+\n?)(?:^  .+\n?)*", promised, re.MULTILINE)


def named(claim: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/.]+)::([^`]+)`", claim)


def names_in(file: str) -> set[str]:
    text = (REPOSITORY / file).read_text()
    if file.endswith(".js"):
        return set(re.findall(r'^test\("([^"]+)"', text, re.MULTILINE))
    defined = {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    return defined | set(re.findall(r"^(Test\w+) = ", text, re.MULTILINE))


@pages
def test_every_claim_names_a_test(page: str) -> None:
    found = claims(page)
    assert len(found) > 10
    assert [claim for claim in found if not named(claim)] == []


@pages
def test_every_named_test_exists(page: str) -> None:
    text = (REPOSITORY / page).read_text()
    tests = named(text)
    assert len(tests) == text.count("::"), "a name that is broken over two lines, or stands without its marks"
    assert [(file, name) for file, name in tests if name not in names_in(file)] == []


@pytest.mark.parametrize(
    "page", ["README.md", "SECURITY.md", *(f"docs/{path.name}" for path in REPOSITORY.glob("docs/*.md"))]
)
def test_every_link_to_a_file_is_valid(page: str) -> None:
    file = REPOSITORY / page
    links = re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text())
    assert [link for link in links if not (file.parent / link).exists()] == []
