"""The globs of the configuration."""

from pathlib import Path

import pytest

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
