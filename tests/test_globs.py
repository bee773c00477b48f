"""The globs of the configuration."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.globs import matches_glob


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/a/*.log", "/a/x.log", True),
        ("/a/*.log", "/a/b/x.log", False),
        ("/a/**/x.log", "/a/x.log", True),
        ("/a/**/x.log", "/a/b/c/x.log", True),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/a", True),
        ("/**/b/**/x.log", "/a/b/c/x.log", True),
        ("/**/b/**/x.log", "/a/c/x.log", False),
        ("/a/*/x.log", "/a/x.log", False),
        ("/a", "/a/b", False),
    ],
)
def test_two_stars_stand_for_any_number_of_directories(glob: str, path: str, matches: bool) -> None:
    assert matches_glob(glob, Path(path), Path(path).name) == matches


def test_a_deep_path_is_matched_by_many_stars() -> None:
    deep = Path("/" + "a/" * 3000, "x.log")
    assert matches_glob("/" + "**/" * 12 + "x.log", deep, "x.log")
    assert not matches_glob("/" + "**/a/" * 12 + "y.log", deep, "x.log")


@pytest.mark.parametrize(
    ("glob", "matches"),
    [
        ("shop/web/nginx", True),
        ("shop/web/*", True),
        ("shop/*/nginx", True),
        ("shop/**", True),
        ("*nginx", True),
        ("shop/*", False),
        ("nginx", False),
        ("/shop/web/nginx", False),
        ("./shop/web/nginx", False),
        ("web/nginx", False),
    ],
)
def test_a_relative_glob_matches_the_name_of_a_container(glob: str, matches: bool) -> None:
    assert matches_glob(glob, Path("/pods/shop_web_1/nginx/0.log"), "shop/web/nginx") == matches


def test_a_relative_glob_does_not_match_the_name_of_a_file() -> None:
    assert not matches_glob("**/app.log", Path("/elsewhere/app.log"), "app.log")


@pytest.mark.parametrize(
    ("glob", "matches"),
    [
        ("web-1:app.log", True),
        ("web-*:*.log", True),
        ("*:app.log", True),
        ("web-1:/var/**", True),
        ("*:/var/log/*.log", True),
        ("*", True),
        ("app.log", False),
        ("*.log", False),
        ("**", False),
        ("/var/log/app.log", False),
        ("/**", False),
        ("*/**", False),
        ("db-*:*", False),
        ("web-1:", False),
        (":app.log", False),
        (":*", False),
        ("web-1:/var/*.log", False),
        ("web-1:log/app.log", False),
        ("/web-1:app.log", False),
        ("web-1:web-1:app.log", False),
        ("WEB-1:app.log", False),
    ],
)
def test_a_file_of_a_host_is_matched_by_a_glob_with_a_host(glob: str, matches: bool) -> None:
    assert matches_glob(glob, Path("/var/log/app.log"), "app.log", "web-1") == matches


@pytest.mark.parametrize("glob", ["*:*", "web-1:*", "web-1:/var/**", "*:app.log"])
def test_a_glob_with_a_host_matches_no_file_of_this_machine(glob: str) -> None:
    assert not matches_glob(glob, Path("/var/log/app.log"), "app.log")


def test_a_name_with_a_colon_is_matched_on_this_machine_as_it_is() -> None:
    assert matches_glob("journal:*", Path("journal:nginx"), "journal:nginx")
    assert matches_glob("web-1:journal:*", Path("journal:nginx"), "journal:nginx", "web-1")
    assert not matches_glob("web-1:*", Path("journal:nginx"), "journal:nginx", "journal")


HOSTS = st.text("ab-.", min_size=1, max_size=4)
GLOBS = st.text("ab*?:/.", min_size=1, max_size=8)


@given(HOSTS, GLOBS.filter(lambda glob: glob != "*"))
def test_a_glob_sees_files_of_hosts_only_by_its_part_for_hosts(host: str, glob: str) -> None:
    path, name = Path("/a/b"), "b"
    wanted, _, rest = glob.partition(":")
    by_parts = ":" in glob and matches_glob(wanted, Path(host), host) and matches_glob(rest, path, name)
    assert matches_glob(glob, path, name, host) == by_parts
