"""The wheel: built from the repository, installed elsewhere, and run from there."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from logviewer.web.static import SCRIPTS, STYLES
from tests.helpers.repository import REPOSITORY
from tests.helpers.server import Server

MARK = "/* of the installed copy */"


def pip(*words: str | Path) -> None:
    program = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    done = subprocess.run([*program, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    pip("wheel", "--no-deps", *isolation, "--wheel-dir", directory, REPOSITORY)
    (built,) = directory.iterdir()
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory where the wheel is installed, without its dependencies, which this environment has."""
    directory = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--no-index", "--target", directory, wheel)
    return directory


@pytest.fixture(scope="module")
def elsewhere(site: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words before ``python`` that run it in another directory with the installed copy."""
    return ["env", f"--chdir={tmp_path_factory.mktemp('elsewhere')}", f"PYTHONPATH={site}"]


@pytest.fixture(scope="module")
def server(site: Path, elsewhere: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("logs") / "app.log"
    log.write_text("line\n")
    for name in ("static/css/page.css", "templates/page.html"):
        with (site / "logviewer" / name).open("a") as file:
            file.write(MARK)
    with Server(log, program=[*elsewhere, sys.executable, "-m", "logviewer"]) as running:
        yield running


@pytest.fixture(scope="module")
def distribution(site: Path) -> Distribution:
    (info,) = site.glob("logviewer-*.dist-info")
    return PathDistribution(info)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {re.sub(r"-.*\.dist-info$", "", name.split("/")[0]) for name in names} == {"logviewer"}
    assert [name for name in names if "__pycache__" in name or "/tests/" in name] == []
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize("folder", ["logviewer", "templates", "static"])
def test_the_wheel_holds_every_file(site: Path, folder: str) -> None:
    below = site / "logviewer" / ("" if folder == "logviewer" else folder)
    files = (path for path in (REPOSITORY / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    missing = [path for path in files if not (below / path.relative_to(REPOSITORY / folder)).is_file()]
    assert missing == []


def test_types_are_declared(site: Path, distribution: Distribution) -> None:
    assert (site / "logviewer" / "py.typed").read_text() == ""
    assert "Typing :: Typed" in (distribution.metadata.get_all("Classifier") or [])


def test_the_metadata_are_complete(distribution: Distribution) -> None:
    metadata = distribution.metadata
    assert (metadata["Name"], metadata["License-Expression"]) == ("logviewer", "MIT")
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert [str(path.name) for path in distribution.files or [] if "licenses" in path.parts] == ["LICENSE"]
    needed = [each for each in distribution.requires or [] if "extra ==" not in each]
    names = sorted(re.split(r"[\[<>=~ ]", each)[0] for each in needed)
    libraries = [
        "argon2-cffi",
        "backports-zstd",
        "click",
        "fastapi",
        "google-re2",
        "httptools",
        "inotify-simple",
        "isal",
        "itsdangerous",
        "jinja2",
        "lz4",
        "numpy",
        "orjson",
        "prometheus-client",
        "sse-starlette",
        "uvicorn",
        "uvloop",
        "watchfiles",
    ]
    assert names == libraries


def test_the_command_is_installed(site: Path, elsewhere: list[str], distribution: Distribution) -> None:
    words = [*elsewhere, sys.executable, str(site / "bin" / "logviewer"), "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"logviewer {distribution.version}\n"


def test_the_installed_copy_runs(elsewhere: list[str], site: Path) -> None:
    words = [*elsewhere, sys.executable, "-c", "import logviewer.web.assets as a; print(a.__file__, a.find('static'))"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(site / "logviewer" / "web" / "assets.py"), str(site / "logviewer" / "static")]


def test_the_page_comes_from_the_installed_templates(server: Server) -> None:
    page = server.get("/")
    assert (page.status_code, page.text.endswith(MARK)) == (200, True)
    assert server.client.get("/", headers={"Authorization": ""}).status_code == 401


def test_static_files_come_from_the_installed_copy(server: Server, site: Path) -> None:
    static = re.findall(r'(?:src|href)="(/static/\w+/)([^"]+)"', server.get("/").text)
    assert static
    for url, name in static:
        own = (site / "logviewer" / "static" / name).read_text()
        assert server.get(url + name).text.splitlines()[-1] == own.splitlines()[-1] or name in (*SCRIPTS, *STYLES)
    assert server.get(f"{static[0][0]}css/page.css").text.endswith(MARK)


def test_the_pages_script_is_complete(server: Server) -> None:
    (url,) = re.findall(r'src="(/static/\w+/js/main\.js)"', server.get("/").text)
    response = server.get(url)
    assert response.headers["content-type"].startswith("text/javascript")
    assert "class Viewport" in response.text


def test_the_installed_copy_serves_lines_and_demo(server: Server, elsewhere: list[str], tmp_path: Path) -> None:
    assert server.get("/api/lines", source="app.log").json()["lines"][0]["text"] == "line"
    words = [*elsewhere, sys.executable, "-m", "logviewer", "demo", "--no-serve", "--rate", "0", str(tmp_path)]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    assert (tmp_path / "shop.log").exists()
