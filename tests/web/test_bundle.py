"""Scripts and style sheets joined to one file each; ``tests/browser`` runs the page with them."""

import pytest

from logviewer.web import assets, bundle
from logviewer.web.static import SCRIPTS, STYLES

STATIC = assets.find("static")
FILES = {
    path.relative_to(STATIC).as_posix(): path.read_text()
    for path in STATIC.rglob("*")
    if path.suffix in {".js", ".css"}
}
OURS = sorted(name for name in FILES if name.endswith(".js") and not name.startswith("vendor/"))


@pytest.mark.parametrize("entry", SCRIPTS)
def test_a_bundle_has_no_imports(entry: str) -> None:
    bundled = bundle.script(FILES, entry)
    imports = [line for line in bundled.splitlines() if line.startswith(("import ", "export "))]
    assert all("/vendor/" in line for line in imports)


def test_every_script_is_in_a_bundle_once() -> None:
    bundles = [bundle.script(FILES, entry) for entry in SCRIPTS]
    names = {line for name in OURS for line in FILES[name].splitlines() if line.startswith("export class ")}
    found = [text.splitlines().count(line.removeprefix("export ")) for line in names for text in bundles]
    assert set(found) <= {0, 1}
    assert sum(found) >= len(names)


def test_modules_follow_their_imports() -> None:
    files = {
        "js/main.js": 'import { b as c } from "./deep/b.js";\nimport { a } from "./a.js";\n\nconst own = c(a);\n',
        "js/a.js": "/** Says a. */\nexport const a = 1;\nconst own = 2;\n",
        "js/deep/b.js": 'import {\n  a,\n} from "../a.js";\n// Adds.\nexport function b() {\n  return a;\n}\n',
    }
    text = bundle.script(files, "js/main.js")
    assert [text.index(part) for part in ("const a = 1", "function b()", "own = c(a)")] == sorted(
        text.index(part) for part in ("const a = 1", "function b()", "own = c(a)")
    )
    assert text.count("const a = 1") == 1
    assert "{ b: c } = module1" in text
    assert "return { a };" in text
    assert "Says" not in text
    assert "Adds" not in text


def test_urls_beside_a_module_stay_valid() -> None:
    files = {
        "js/main.js": 'import { url } from "./net/port.js";\n',
        "js/net/port.js": 'export const url = new URL("./worker.js", import.meta.url);\n',
    }
    assert 'new URL("./worker.js", new URL("net/port.js", import.meta.url))' in bundle.script(files, "js/main.js")


@pytest.mark.parametrize("line", ['import "./a.js";', 'export * from "./a.js";', "export default 1;", "export { a };"])
def test_unsupported_syntax_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"main\.js cannot be bundled"):
        bundle.script({"main.js": f"const a = 1;\n{line}\n", "a.js": ""}, "main.js")


@pytest.mark.parametrize("name", OURS)
def test_scripts_have_no_multiline_strings(name: str) -> None:
    # A line of such a string could look like a comment.
    assert [line for line in bundle.without_comments(FILES[name]).splitlines() if line.count("`") % 2] == []


@pytest.mark.parametrize("entry", STYLES)
def test_style_sheets_include_their_imports_in_order(entry: str) -> None:
    text = bundle.style(FILES, entry)
    assert "@import" not in text
    assert text.index(":root") < text.index("button")
