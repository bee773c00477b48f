"""The docs name every option, every query parameter and every metric, and only paths that exist."""

import re
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from logviewer import cli, options
from logviewer.web import parameters
from tests.helpers.repository import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/*.md"))]
API = (REPOSITORY / "docs" / "api.md").read_text()
ARCHITECTURE = (REPOSITORY / "docs" / "architecture.md").read_text()
ROOTS = {"logviewer": "*.py", "static/js": "*.js"}
COMMANDS = [each for each in vars(cli).values() if isinstance(each, click.Command)]
# ``LinesParameters`` has the parameters of ``GET /api/lines``.
QUERIES = {
    f"/api/{name.removesuffix('Parameters').lower()}": model
    for name, model in vars(parameters).items()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and re.fullmatch(r"[A-Z]\w+Parameters", name)
    and model not in {parameters.QueryParameters, parameters.ChoiceParameters}
}
routes = pytest.mark.parametrize("route", QUERIES)


def code_in(text: str) -> list[str]:
    """Return the inline code of a text."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def section(page: str, heading: str) -> str:
    assert f"\n## {heading}\n" in page, f"there is no section: ## {heading}"
    return page.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def documented(route: str) -> set[str]:
    """Return the first column of the tables of parameters of a route."""
    found: set[str] = set()
    for table in re.findall(r"^\| parameter \|.*\n((?:\|.*\n)+)", section(API, f"`GET {route}`"), re.MULTILINE):
        found.update(name for row in table.splitlines() for name in code_in(row.split("|")[1]))
    return found


def taken(route: str) -> set[str]:
    return {field.alias or name for name, field in QUERIES[route].model_fields.items()}


def explained_in(heading: str) -> set[str]:
    """Return the first column of the tables of a section."""
    return set(re.findall(r"^\| `(\w+)` \|", section(API, heading), re.MULTILINE))


def test_every_option_is_documented() -> None:
    words = [word for page in PAGES for code in code_in(page.read_text()) for word in re.split(r"[\s\[\]]+", code)]
    params = [param for command in COMMANDS for param in command.params if isinstance(param, click.Option)]
    names = {name for param in params for name in (*param.opts, *param.secondary_opts) if name.startswith("--")}
    assert len(names) > 20
    assert sorted(names - set(words)) == []


def test_all_commands_and_routes_are_checked() -> None:
    assert vars(options)["with_settings"]
    assert len(COMMANDS) >= 3
    assert QUERIES.keys() >= {"/api/lines", "/api/stream", "/api/search"}


@routes
def test_every_query_parameter_is_documented(route: str) -> None:
    assert sorted(taken(route) - documented(route)) == []


@routes
def test_every_documented_query_parameter_exists(route: str) -> None:
    assert sorted(documented(route) - taken(route)) == []


def test_every_parameter_of_the_query_is_explained() -> None:
    shared = {field.alias or name for name, field in parameters.QueryParameters.model_fields.items()}
    assert explained_in("The query") == shared


def test_every_parameter_that_chooses_sources_is_explained() -> None:
    assert explained_in("The sources") == parameters.CHOICE


def test_every_metric_is_documented() -> None:
    names = re.findall(r'"(logviewer_\w+)"', (REPOSITORY / "logviewer" / "web" / "metrics.py").read_text())
    page = (REPOSITORY / "docs" / "deploying.md").read_text()
    assert len(names) > 5
    assert [name for name in names if f"`{name}" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_path_in_the_docs_exists(page: Path) -> None:
    start = r"(?:logviewer|static|templates|tests|packaging|sample_logs|docs)/"
    paths = {code for code in code_in(page.read_text()) if re.fullmatch(rf"{start}[\w./-]*", code)}
    assert sorted(path for path in paths if not (REPOSITORY / path).exists()) == []


def test_every_module_in_the_picture_exists() -> None:
    picture = ARCHITECTURE.split("```mermaid\n")[1].split("```")[0]
    modules = re.findall(r"[\w/-]+\.(?:py|js)\b", picture)
    assert len(modules) > 10
    assert [each for each in modules if not any((REPOSITORY / root / each).exists() for root in ROOTS)] == []


@pytest.mark.parametrize("root", ROOTS)
def test_every_room_is_on_the_map(root: str) -> None:
    table = re.search(rf"^\| `{root}/` \|.*\n((?:\|.*\n)+)", section(ARCHITECTURE, "Rooms"), re.MULTILINE)
    assert table, f"there is no table of the rooms of {root}/"
    rooms = {name for row in table[1].splitlines() for name in code_in(row.split("|")[1])}
    top = REPOSITORY / root
    folders = {path.parent.relative_to(top) for path in top.rglob(ROOTS[root])} - {Path()}
    assert sorted({f"{folder}/" for folder in folders} - rooms) == []
    assert sorted(name for name in rooms if not (top / name).exists()) == []
