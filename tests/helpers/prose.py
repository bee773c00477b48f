"""The prose of the repository, and the patterns that plain English does without.

``python -m tests.helpers.prose`` prints how often three of them occur in 1,000 words; with names of rooms, such as
``views static/js/list``, it lists each finding in these rooms.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from tests.helpers.repository import REPOSITORY

# These two hold samples of bad prose.
_OWN = ("tests/test_prose.py", "tests/helpers/prose.py")
_VERBS = (
    "is|was|are|were|be|has|had|does|did|do|comes|came|lies|stands|stays|follows|happens|happened|goes|went|begins|"
    "remains|reads|holds|fits|passes|belongs|needs|needed|matches|makes|made|shows|can|cannot|could|may|might|must|"
    "will|would|should"
)
_COMPARATIVES = (
    "longer|more|other|bigger|larger|newer|older|later|earlier|sooner|greater|smaller|fewer|less|further|faster|slower|"
    "shorter|higher|lower|better|worse"
)
_BEFORE_WHO = (
    "to|for|of|from|by|than|but|not|with|beside|besides|only|that|if|when|where|while|is|are|asks|gives|keeps|lets|"
    "says|see|sees|know|knows|on|at|after|before|decides"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase to avoid, and the words to use instead. ``bad`` and ``good`` are samples with and without it."""

    id: str
    regex: str
    instead: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    # A direct question may hold the phrase: "What is a cursor?"
    questions: bool = False

    def search(self, text: str) -> Iterator[re.Match[str]]:
        """Find the phrase, also across the end of a line."""
        for match in re.finditer(self.regex, text):
            if not (self.questions and _is_question(text, match.end())):
                yield match


@dataclass(frozen=True, slots=True)
class Passage:
    """Text for people: a paragraph of a document, a docstring, comment, message or label; ``line`` is from 1."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern found in a passage."""

    pattern: Pattern
    passage: Passage
    start: int
    end: int

    def __str__(self) -> str:
        """Give the place, the words and the remedy in one line."""
        text = self.passage.text
        line = self.passage.line + text.count("\n", 0, self.start)
        around = " ".join(text[max(0, self.start - 30) : self.end + 30].split())
        return f"{self.passage.file}:{line}: {self.pattern.id}: “…{around}…” - {self.pattern.instead}"


PATTERNS = (
    Pattern(
        "who-does",
        rf"\bWho\s+(?!are\s+you)[a-z]+|(?:[;:|]|\b(?:{_BEFORE_WHO}))\s+who\s+[a-z]+",
        "name the subject: a reader that …, a client that …, a user who …",
        (
            "Who has the token sees every source.",
            "It is printed for who asks.",
            "None is left: who comes later waits.",
            "This says who gets in.",
        ),
        ("A user who has the token sees every source.", "A client, who may be slow, waits.", "Who may sign in?"),
        questions=True,
    ),
    Pattern(
        "those-who",
        r"\b(?:[Tt]hose|[Oo]nes?|[Oo]thers)\s+who\b|\b[Tt]hose\s+that\b|\b(?:some|any|every|no)body\s+who\b",
        "name them: readers that …, files that …",
        ("Those that are deleted are closed.", "One who falls behind skips.", "A request of somebody who waits."),
        ("Deleted files are closed.", "A reader that falls behind skips.", "The one reader that waits skips."),
    ),
    Pattern(
        "whoever",
        r"\b(?:[Ww]hoever|[Ww]hatever|[Ww]hichever|[Ww]homever)\b",
        "name it: any client, every byte, in each case",
        ("Whoever has the link gets in.", "It ends whatever it does."),
        ("Anyone with the link gets in.", "It ends in every state.", "Wherever a symlink leads, it is read."),
    ),
    Pattern(
        "what-is",
        rf"\b[Ww]hat\s+(?:{_VERBS})\b|\b(?:of|to|all|than|from|by|for|with)\s+what\b",
        "use a noun: the bytes after the last newline, the reason, the contents",
        (
            "What is before the offset stays.",
            "It reads what came since.",
            "A part of what\nthey hold is skipped.",
            "It depends on what follows.",
        ),
        ("The bytes before the offset stay.", "What is a cursor?", "Say what to do.", "See what a view shows."),
        questions=True,
    ),
    Pattern(
        "tell",
        r"\b(?:[Tt]ells?|[Tt]old|[Tt]elling)\b",
        "return, emit, send, show, report, say, name; to tell apart: distinguish",
        ("The reader is told of a gap.", "This tells whether it is open.", "Nothing\ntells it."),
        ("The reader gets a gap.", "Return whether it is open.", "The teller waits."),
    ),
    Pattern(
        "or-else",
        r"\b[Oo]r\s+else\b",
        "otherwise",
        ("Close it, or else it leaks.",),
        ("Close it; otherwise it leaks.", "Some other file, or elsewhere."),
    ),
    Pattern(
        "may-be-had",
        r"\b(?:may|can|could|cannot|might)\s+(?:not\s+)?be\s+had\b|\b(?:is|are|was|were)\s+(?:not\s+)?to\s+be\s+had\b",
        "cannot be read, is not available, could not load",
        ("The lines could not be had.", "It is not to be had.", "A number\ncannot be had."),
        ("The lines could not be loaded.", "It has had time.", "It had not been read."),
    ),
    Pattern(
        "may-be-no-more",
        r"\bmay\s+be\s+no\s+more\b|\b(?:is|are)\s+no\s+\w+\s+any\s*more\b|\bnot\s+there\s+any\s*more\b",
        "state the limit and the next step: too many searches (limit 100); retry in 5 s",
        ("There are 100, and may be no more.", "They are no sources any more.", "It is not there any more."),
        ("Too many searches (limit 100); retry in 5 s.", "It is no longer a source.", "There may be more lines."),
    ),
    Pattern(
        "is-no",
        rf"(?<![Tt]here\s)\b(?:is|are|was|were)\s+(?:no\s+(?!(?:{_COMPARATIVES})\b)[a-z]+|none\b(?!\s+of))",
        "is not a …; unknown …; there is no …",
        ("An old cookie is no wrong try.", "The level is none.", "'x' is no place in a log."),
        ("An old cookie does not count.", "It is no longer open.", "There is no build step.", "One is no newer."),
    ),
    Pattern(
        "in-the-place-of",
        r"\bin\s+the\s+place\s+of\b|\bgo(?:es)?\s+instead\s+of\b|\bgo(?:es)?\s+before\s+(?:it|them|that|the|both)\b",
        "replaces, instead of, takes precedence over",
        ("A directory in the place of a file.", "``at`` goes instead of it.", "A flag goes before the environment."),
        ("A directory replaces a file.", "Use ``at`` instead of it.", "It goes by."),
    ),
    Pattern(
        "by-itself",
        r"\bby\s+(?:itself|himself|themselves|oneself)\b",
        "alone, on its own, each, automatically",
        ("Each line is read by itself.", "They end by\nthemselves."),
        ("Each line is read alone.", "By its own file."),
    ),
    Pattern(
        "somebody",
        r"\b(?:[Ss]ome|[Aa]ny|[Ee]very|[Nn]o)body(?:'s)?\b",
        "name it: a client, a reader, a user, another process",
        ("Nobody reads it.", "When somebody\nasks.", "It lets everybody in."),
        ("No client reads it.", "The body of an answer.", "A busybody waits."),
    ),
    Pattern(
        "let-go",
        r"\b(?:[Ll]et|[Ll]ets|[Ll]etting)\s+(?:(?:it|them|him|one|all)\s+)?go\b(?!\s+to\b)",
        "release, close, drop, evict",
        ("The file is let go.", "It lets them go."),
        ("The file is closed.", "Lets users go to a line."),
    ),
    Pattern(
        "old-name",
        r"\b(?:[Cc]ohorts?|[Ll]ineages?|[Ss]ieves?|[Ss]trands?|[Hh]eirs?|[Hh]indrances?|[Dd]eeds?)\b",
        "the name of the vocabulary: broadcast, rotation history, line filter, scan, successor, error, action",
        ("The sieve thins a batch.", "Its heir is read next.", "A strand of lines."),
        ("The line filter drops lines.", "The successor is read next.", "It is indeed stranded."),
    ),
)
# The figures of the survey: these per 1,000 words, for documents and for the code.
FIGURES = {
    "what is/was/came": rf"\b[Ww]hat\s+(?:{_VERBS})\b",
    "tell/told": next(each.regex for each in PATTERNS if each.id == "tell"),
    "who does": next(each.regex for each in PATTERNS if each.id == "who-does"),
}


def rooms() -> list[str]:
    """Name each document and each directory with prose, relative to the repository."""
    documents = [
        name
        for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", *_glob("docs/*.md"))
        if (REPOSITORY / name).exists()
    ]
    code = [*_glob("logviewer/**/*.py"), *_glob("tests/**/*.py"), *_glob("static/js/**/*.js"), *_glob("static/css/*")]
    return [*documents, *sorted({str(Path(each).parent) for each in code} - {"docs"}), "packaging", "templates"]


def passages(room: str) -> list[Passage]:
    """Read all the prose of a room, without that of the rooms below it."""
    path = REPOSITORY / room
    files = [path] if path.is_file() else sorted(each for each in path.iterdir() if each.is_file())
    found: list[Passage] = []
    for file in files:
        name = str(file.relative_to(REPOSITORY))
        reader = _READERS.get(file.suffix) or (_hash_comments if room == "packaging" else None)
        if reader and name not in _OWN:
            found += [Passage(name, line, text) for line, text in reader(name, file.read_text(encoding="utf-8"))]
    return found


def findings(room: str, patterns: Sequence[Pattern] = PATTERNS) -> list[Finding]:
    """Search a room for each pattern."""
    return [
        Finding(pattern, passage, match.start(), match.end())
        for passage in passages(room)
        for pattern in patterns
        for match in pattern.search(passage.text)
    ]


def _glob(pattern: str) -> list[str]:
    found = (str(each.relative_to(REPOSITORY)) for each in REPOSITORY.glob(pattern))
    return sorted(each for each in found if "node_modules" not in each)


def _is_question(text: str, start: int) -> bool:
    end = re.search(r"[.!?](?=[\s)\"”]|$)|\n\s*\n", text[start:])
    return bool(end) and end[0] == "?" if end else False


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "·", match[0])


def _markdown(_: str, text: str) -> Iterator[tuple[int, str]]:
    """Each paragraph without code, and without the targets of links."""
    for code in (r"^```.*?^```$", r"`[^`]+`", r"\]\([^)\n]*\)"):
        text = re.sub(code, _blank, text, flags=re.MULTILINE | re.DOTALL)
    for match in re.finditer(r"(?:^.*\S.*\n?)+", text, re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match[0]


def _python(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Docstrings; of the product also comments and the texts for people."""
    tree = ast.parse(text)
    docstrings = [found for node in ast.walk(tree) if (found := _docstring(node))]
    yield from ((each.lineno, str(each.value)) for each in docstrings)
    if not name.startswith("tests/"):
        yield from _python_comments(text)
        yield from _messages(tree, {id(each) for each in docstrings})


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return None
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value
    return None


def _python_comments(text: str) -> Iterator[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [(each.start[0], each.string.lstrip("#! ")) for each in tokens if each.type == tokenize.COMMENT]
    yield from _joined(comments)


def _joined(comments: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Comments on consecutive lines as one text."""
    block: list[tuple[int, str]] = []
    for line, comment in comments:
        if block and line != block[-1][0] + 1:
            yield block[0][0], "\n".join(each for _, each in block)
            block = []
        block.append((line, comment))
    if block:
        yield block[0][0], "\n".join(each for _, each in block)


def _messages(tree: ast.AST, docstrings: set[int]) -> Iterator[tuple[int, str]]:
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "·" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | docstrings:
            text = node.value
        else:
            continue
        if _is_prose(text):
            yield node.lineno, text


def _is_prose(text: str) -> bool:
    return bool(re.search(r"[A-Za-z·]+,? [a-z·]+", text))


def _javascript(_: str, text: str) -> Iterator[tuple[int, str]]:
    """Comments and texts."""
    comments: list[tuple[int, str]] = []
    for match in _JAVASCRIPT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        token = match[0]
        if token.startswith("//"):
            comments.append((line, token.lstrip("/ ")))
        elif token.startswith("/*"):
            yield line, re.sub(r"^\s*\*", " ", token.strip("/*"), flags=re.MULTILINE)
        elif token[0] in "\"'`" and _is_prose(token):
            yield line, re.sub(r"\$\{[^}]*\}", "·", token[1:-1])
    yield from _joined(comments)


_JAVASCRIPT = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`
    | (?:[=(,:;!&|?\[{}]|return)\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/""",
    re.VERBOSE | re.DOTALL,
)


def _stylesheet(_: str, text: str) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"/\*(.*?)\*/", text, re.DOTALL):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def _hash_comments(_: str, text: str) -> Iterator[tuple[int, str]]:
    lines = enumerate(text.splitlines(), 1)
    yield from _joined([(number, line.lstrip("# ")) for number, line in lines if line.startswith("#")])


class _Labels(HTMLParser):
    """Collects the texts of a template: what is between tags, and in attributes that people see."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            (self.getpos()[0], value)
            for name, value in attrs
            if value and name in {"title", "placeholder", "aria-label", "alt", "content"}
        ]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((self.getpos()[0], data))

    def handle_comment(self, data: str) -> None:
        self.found.append((self.getpos()[0], data))


def _template(_: str, text: str) -> Iterator[tuple[int, str]]:
    labels = _Labels()
    labels.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", _blank, text, flags=re.DOTALL))
    yield from labels.found
    for match in re.finditer(r"\{#(.*?)#\}", text, re.DOTALL):
        yield text.count("\n", 0, match.start()) + 1, match[1]


_READERS = {
    ".md": _markdown,
    ".py": _python,
    ".js": _javascript,
    ".css": _stylesheet,
    ".html": _template,
}


def _print_figures() -> None:
    is_document = re.compile(r"\.md$")
    groups = {
        "documents": [room for room in rooms() if is_document.search(room)],
        "code": [room for room in rooms() if room.split("/")[0] in {"logviewer", "static", "templates"}],
    }
    for group, names in groups.items():
        text = "\n\n".join(passage.text for room in names for passage in passages(room))
        words = len(re.findall(r"[A-Za-z][A-Za-z'-]*", text))
        print(f"{group}: {words:,} words")
        for figure, regex in FIGURES.items():
            count = len(re.findall(regex, text))
            print(f"  {figure:<18}{count:>5}{1000 * count / max(1, words):>8.2f} per 1,000 words")


def main(names: Sequence[str]) -> None:
    """Print the figures, or the findings in the rooms of these names."""
    if not names:
        _print_figures()
    for room in rooms():
        if any(name in room for name in names):
            print(*findings(room), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
