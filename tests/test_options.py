"""Options from flags, the environment, a TOML file and defaults; and invalid files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest

from logviewer.cli import demo_command, serve_command
from logviewer.errors import CannotRunError
from logviewer.settings import LogRule, RedactRule, Tables
from tests.helpers.command import assert_refused, run
from tests.helpers.options import options, read
from tests.helpers.server import Server
from tests.helpers.sign_in import configure_users

Serve = Callable[..., Server]


@dataclass(frozen=True)
class Setting:
    """An option at each place where it can be set, with the expected value."""

    default: Any
    toml: tuple[str, Any]
    env: tuple[str, Any]
    flag: tuple[Sequence[str], Any]


SETTINGS: Mapping[str, Setting] = {
    "--host": Setting(
        "127.0.0.1", ('"127.0.0.2"', "127.0.0.2"), ("127.0.0.3", "127.0.0.3"), (["--host", "::1"], "::1")
    ),
    "--port": Setting(8000, ("8001", 8001), ("8002", 8002), (["--port", "8003"], 8003)),
    "--uds": Setting(None, ('"file"', Path("file")), ("env", Path("env")), (["--uds", "flag"], Path("flag"))),
    "--open": Setting(None, ("true", True), ("0", False), (["--open"], True)),
    "--token": Setting(None, ('"file"', "file"), ("env", "env"), (["--token", "flag"], "flag")),
    "--token-file": Setting(
        None, ('"file.txt"', Path("file.txt")), ("env", Path("env")), (["--token-file", "f"], Path("f"))
    ),
    "--no-auth": Setting(default=False, toml=("true", True), env=("0", False), flag=(["--no-auth"], True)),
    "--follow-symlinks": Setting(
        default=False, toml=("true", True), env=("0", False), flag=(["--follow-symlinks"], True)
    ),
    "--no-history": Setting(default=False, toml=("true", True), env=("0", False), flag=(["--no-history"], True)),
    "--cache-size": Setting(default=None, toml=("7", 7), env=("7", 7), flag=(["--cache-size=7"], 7)),
    "--command": Setting(
        (), ('["a=b", "c=d"]', ("a=b", "c=d")), ("a=b", ("a=b",)), (["--command", "a=b c"], ("a=b c",))
    ),
    "--spool-size": Setting(256, ("7", 7), ("8", 8), (["--spool-size=9"], 9)),
    "--no-cache": Setting(default=False, toml=("true", True), env=("0", False), flag=(["--no-cache"], True)),
    "--max-history": Setting(None, ("1", 1), ("2", 2), (["--max-history", "3"], 3)),
    "--root-path": Setting("", ('"/file"', "/file"), ("/env", "/env"), (["--root-path", "/flag"], "/flag")),
    "--allow-host": Setting(
        (),
        ('["a.file", "b.file"]', ("a.file", "b.file")),
        ("a.env b.env", ("a.env", "b.env")),
        (["--allow-host", "a.flag", "--allow-host", "b.flag"], ("a.flag", "b.flag")),
    ),
    "--allow-origin": Setting(
        (),
        ('["https://file"]', ("https://file",)),
        ("https://env", ("https://env",)),
        (["--allow-origin", "https://flag"], ("https://flag",)),
    ),
    "--ssl-certfile": Setting(
        None, ('"file.pem"', Path("file.pem")), ("env.pem", Path("env.pem")), (["--ssl-certfile", "f"], Path("f"))
    ),
    "--ssl-keyfile": Setting(
        None, ('"file.key"', Path("file.key")), ("env.key", Path("env.key")), (["--ssl-keyfile", "f"], Path("f"))
    ),
    "--max-connections": Setting(10_000, ("1", 1), ("2", 2), (["--max-connections", "3"], 3)),
    "--max-streams": Setting(5000, ("1", 1), ("2", 2), (["--max-streams", "3"], 3)),
    "--workers": Setting(1, ("2", 2), ("3", 3), (["--workers", "4"], 4)),
    "--auth-header": Setting(None, ('"X-File"', "X-File"), ("X-Env", "X-Env"), (["--auth-header", "X-Flag"], "X-Flag")),
    "--trusted-proxy": Setting(
        (),
        ('["10.0.0.1"]', ("10.0.0.1",)),
        ("10.0.0.2 ::1", ("10.0.0.2", "::1")),
        (["--trusted-proxy", "::2"], ("::2",)),
    ),
    "--log-format": Setting(None, ('"text"', "text"), ("json", "json"), (["--log-format", "text"], "text")),
}
NOT_SETTINGS = {"--help", "--version", "--config"}

both_commands = pytest.mark.parametrize("command", [serve_command, demo_command], ids=["serve", "demo"])
every_setting = pytest.mark.parametrize("option", SETTINGS)


def test_every_option_is_in_this_table() -> None:
    assert set(options(serve_command)) - NOT_SETTINGS == set(SETTINGS)


@both_commands
def test_every_option_has_a_help_text(command: click.Command) -> None:
    assert [name for name, option in options(command).items() if not option.help] == []


@both_commands
@every_setting
def test_flag_beats_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: click.Command, option: str
) -> None:
    setting, name = SETTINGS[option], option.removeprefix("--")
    file = tmp_path / "logviewer.toml"
    file.write_text(f"{name} = {setting.toml[0]}\n")
    assert read(command, option) == setting.default
    assert read(command, option, "--config", str(file)) == setting.toml[1]
    monkeypatch.setenv(f"LOGVIEWER_{name.replace('-', '_').upper()}", setting.env[0])
    assert read(command, option, "--config", str(file)) == setting.env[1]
    assert read(command, option, "--config", str(file), *setting.flag[0]) == setting.flag[1]


@every_setting
def test_a_key_may_be_written_with_underscores(tmp_path: Path, option: str) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text(f"{option.removeprefix('--').replace('-', '_')} = {SETTINGS[option].toml[0]}\n")
    assert read(serve_command, option, "--config", str(file)) == SETTINGS[option].toml[1]


def test_the_environment_can_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text("port = 8001\n")
    monkeypatch.setenv("LOGVIEWER_CONFIG", str(file))
    assert read(serve_command, "--port") == 8001


def test_one_file_serves_both_commands(tmp_path: Path) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text('paths = ["app.log"]\nport = 8001\n')
    assert [read(command, "--port", f"--config={file}") for command in (serve_command, demo_command)] == [8001, 8001]


@pytest.mark.parametrize("name", ["VERSION", "LOGS"])
def test_variables_of_images_and_services_are_ignored(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"LOGVIEWER_{name}", "1.2.3")
    assert read(serve_command, "--port", "app.log") == 8000


def test_the_program_runs_with_a_file_alone(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    file = logs / "logviewer.toml"
    file.write_text(f'paths = ["{logs}/*.log"]\ntoken = "of&file"\nhost = "127.0.0.2"\nroot-path = "/logs"\n')
    server = serve("--config", file)
    assert server.ready_line == f"http://127.0.0.2:{server.port}/logs/?token=of%26file"
    response = server.client.get(f"http://127.0.0.2:{server.port}/api/sources")
    assert [source["name"] for source in response.json()] == ["app.log"]


def test_typed_paths_replace_those_of_the_file(logs: Path, serve: Serve) -> None:
    (logs / "file.log").touch()
    (logs / "typed.log").touch()
    file = logs / "logviewer.toml"
    file.write_text(f'paths = ["{logs}/file.log"]\n')
    server = serve("--config", file, logs / "typed.log")
    assert [source["name"] for source in server.get("/api/sources").json()] == ["typed.log"]


def test_the_environment_may_set_the_token(logs: Path, serve: Serve) -> None:
    given = "of-the-environment"
    assert serve(logs, env={"LOGVIEWER_TOKEN": given}).token == given


# The contents of invalid files, and the words that the message must have besides the file's name.
BAD_FILES: Mapping[str, tuple[bytes, Sequence[str]]] = {
    "no TOML": (b'port = "', []),
    "no UTF-8": (b'token = "\xff"', []),
    "an unknown key": (b"prot = 8001", ["prot", "port"]),
    "a flag that is no setting": (b"version = true", ["version"]),
    "a word as port": (b'port = "http"', ["port"]),
    "a port out of range": (b"port = 65536", ["port"]),
    "a list as port": (b"port = [1, 2]", ["port"]),
    "a boolean as port": (b"port = true", ["port"]),
    "a fraction as port": (b"port = 1.5", ["port"]),
    "a number as host": (b"host = 5", ["host"]),
    "a list as host": (b'host = ["127.0.0.1"]', ["host"]),
    "a table as token": (b"token = {a = 1}", ["token"]),
    "a word as boolean": (b'no-auth = "maybe"', ["no-auth"]),
    "a word as list": (b'allow-host = "name"', ["allow-host"]),
    "numbers in a list": (b"allow-host = [1, 2]", ["allow-host"]),
    "a word as paths": (b'paths = "app.log"', ["paths"]),
    "a number as file": (b"ssl-certfile = 5", ["ssl-certfile"]),
    "logs that are no tables": (b'logs = "app.log"', ["[[logs]]"]),
    "logs as one table": (b'[logs]\nfiles = "a"\nzone = "UTC"', ["[[logs]]"]),
}

# The lines of an invalid [[logs]] table, and the words that the message must have.
BAD_RULES: Mapping[str, tuple[str, Sequence[str]]] = {
    "an unknown key": ('files = "a"\nzone = "UTC"\nfile = "b"', ["'file'", "time-format"]),
    "no files": ('zone = "UTC"', ["files"]),
    "an empty list of files": ('files = []\nzone = "UTC"', ["files"]),
    "an empty glob": ('files = [""]\nzone = "UTC"', ["files"]),
    "a number as files": ('files = 5\nzone = "UTC"', ["files"]),
    "numbers as files": ('files = [5]\nzone = "UTC"', ["files"]),
    "a number as zone": ('files = "a"\nzone = 5', ["zone", "text", "5"]),
    "a list as pattern": ('files = "a"\npattern = ["(?P<level>a)"]', ["pattern", "text"]),
    "a boolean as time-format": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = true", ["time-format", "text"]),
    "a list as levels": ("files = 'a'\npattern = '(?P<level>.*)'\nlevels = ['S1']", ["levels", "table"]),
    "a number as level": ("files = 'a'\npattern = '(?P<level>.*)'\nlevels = {S1 = 1}", ["levels", "S1"]),
    "nothing said": ('files = "a"', ["zone", "pattern"]),
    "only levels": ('files = "a"\nlevels = {S1 = "fatal"}', ["zone", "pattern"]),
    "an open parenthesis": ("files = 'a'\npattern = '(?P<time>.*'", ["pattern", "missing )"]),
    "a look ahead": ("files = 'a'\npattern = '(?P<time>.*)(?=x)'", ["pattern", "invalid perl operator"]),
    "a pattern without a named group": ("files = 'a'\npattern = '(.*)'", ["pattern", "(?P<time>", "(?P<level>"]),
    "another named group": ("files = 'a'\npattern = '(?P<time>.*)(?P<host>.*)'", ["pattern", "host"]),
    "an unknown zone": ('files = "a"\nzone = "Europe/Atlantis"', ["zone", "Europe/Atlantis"]),
    "a path as zone": ('files = "a"\nzone = "../../etc/passwd"', ["zone", "etc/passwd"]),
    "a directory as zone": ('files = "a"\nzone = "Europe"', ["zone", "Europe"]),
    "no zone's name": ('files = "a"\nzone = ""', ["zone"]),
    "an unknown directive": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%Q %d.%m.'", ["time-format", "Q"]),
    "epoch seconds as format": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%s'", ["time-format", "%s"]),
    "a directive twice": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%d %d'", ["time-format", "%d %d"]),
    "a format without a date": (
        "files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%H:%M'",
        ["time-format", "date"],
    ),
    "a format without a day": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%m/%Y'", ["time-format", "date"]),
    "an empty format": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = ''", ["time-format", "date"]),
    "a zone by its name": ("files = 'a'\npattern = '(?P<time>.*)'\ntime-format = '%d.%m.%Y %Z'", ["time-format", "%z"]),
    "a format without a pattern": ('files = "a"\nzone = "UTC"\ntime-format = "%d.%m.%Y"', ["time-format", "pattern"]),
    "a format without a time": (
        "files = 'a'\npattern = '(?P<level>.*)'\ntime-format = '%d.%m.%Y'",
        ["time-format", "(?P<time>"],
    ),
    "levels without a level": ("files = 'a'\npattern = '(?P<time>.*)'\nlevels = {S1 = 'fatal'}", ["(?P<level>"]),
    "an unknown level": (
        "files = 'a'\npattern = '(?P<level>.*)'\nlevels = {S1 = 'grave'}",
        ["levels", "grave", "fatal"],
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_with_its_key(tmp_path: Path, case: str) -> None:
    text, parts = BAD_FILES[case]
    file = tmp_path / "bad.toml"
    file.write_bytes(text + b"\n")
    with pytest.raises(CannotRunError) as refusal:
        read(serve_command, "--port", "--config", str(file))
    assert [part for part in (str(file), *parts) if part not in str(refusal.value)] == []


@pytest.mark.parametrize("case", BAD_RULES)
def test_a_bad_rule_is_refused_with_its_number_and_key(tmp_path: Path, case: str) -> None:
    text, parts = BAD_RULES[case]
    file = tmp_path / "bad.toml"
    file.write_text(f"[[logs]]\nfiles = 'good.log'\nzone = 'UTC'\n[[logs]]\n{text}\n")
    with pytest.raises(CannotRunError) as refusal:
        read(serve_command, "--port", "--config", str(file))
    assert [part for part in (str(file), "number 2", *parts) if part not in str(refusal.value)] == []


# The same for [[redact]].
BAD_REDACTIONS: Mapping[str, tuple[str, Sequence[str]]] = {
    "no pattern": ("mask = 'x'", ["pattern"]),
    "an empty pattern": ("pattern = ''", ["pattern"]),
    "a number as pattern": ("pattern = 5", ["pattern", "text"]),
    "an open parenthesis": ("pattern = '(a'", ["pattern", "missing )"]),
    "a look ahead": ("pattern = 'a(?=x)'", ["pattern", "invalid perl operator"]),
    "an empty mask": ("pattern = 'a'\nmask = ''", ["mask"]),
    "a mask of two lines": ('pattern = "a"\nmask = "a\\nb"', ["mask"]),
    "a number as mask": ("pattern = 'a'\nmask = 5", ["mask", "text"]),
    "an empty list of files": ("pattern = 'a'\nfiles = []", ["files"]),
    "an unknown key": ("pattern = 'a'\nmaks = 'b'", ["maks", "mask"]),
}


@pytest.mark.parametrize("case", BAD_REDACTIONS)
def test_a_bad_redaction_is_refused_with_its_number_and_key(tmp_path: Path, case: str) -> None:
    text, parts = BAD_REDACTIONS[case]
    file = tmp_path / "bad.toml"
    file.write_text(f"[[redact]]\npattern = 'good'\n[[redact]]\n{text}\n")
    with pytest.raises(CannotRunError) as refusal:
        read(serve_command, "--port", "--config", str(file))
    assert [part for part in (str(file), "[[redact]] number 2", *parts) if part not in str(refusal.value)] == []


@pytest.mark.skipif(find_spec("tzdata") is not None, reason="tzdata is installed")
def test_an_unknown_zone_suggests_tzdata(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[[logs]]\nfiles = 'a'\nzone = 'Europe/Berlin'\n")
    ended = run("--config", file, "app.log", env={"PYTHONTZPATH": str(tmp_path)})
    assert_refused(ended, 1, str(file), "Europe/Berlin", "tzdata")


def test_rules_are_read_from_the_file_for_both_commands(tmp_path: Path) -> None:
    file = tmp_path / "logviewer.toml"
    file.write_text(
        "[[logs]]\nfiles = 'odd.log'\nzone = 'UTC'\n"
        "[[logs]]\nfiles = ['a', 'b']\npattern = '(?P<time>.*)(?P<level>x)'\n"
        "time_format = '%d.%m.%Y'\nlevels = {S1 = 'fatal'}\n"
        "[[redact]]\npattern = 'key=\\w+'\n[[redact]]\npattern = 'a'\nmask = 'b'\nfiles = 'odd.log'\n"
    )
    logs = (
        LogRule(("odd.log",), zone="UTC"),
        LogRule(("a", "b"), pattern="(?P<time>.*)(?P<level>x)", time_format="%d.%m.%Y", levels={"S1": "fatal"}),
    )
    expected = Tables(logs, (RedactRule("key=\\w+"), RedactRule("a", "b", ("odd.log",))))
    assert [read(command, "--config", f"--config={file}") for command in (serve_command, demo_command)] == [
        expected
    ] * 2


@pytest.mark.parametrize("text", [b"[[logs]]\nfiles = 'a'\n", b"prot = 8001\n", b'port = "http"\n'])
def test_a_bad_file_ends_the_program_with_one_line(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(text)
    assert_refused(run("--config", file, "app.log"), 1, str(file))


@pytest.mark.parametrize("name", ["missing.toml", "directory"])
def test_an_unreadable_file_ends_the_program_with_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "directory").mkdir()
    assert_refused(run("--config", tmp_path / name, "app.log"), 1, name)


# The token, and files that hold secrets


def warnings_of(server: Server) -> list[str]:
    """Stop a server and return the lines on standard error."""
    server.stop_in_time()
    assert server.process.stderr
    return server.process.stderr.read().splitlines()


@pytest.fixture
def token_file(logs: Path) -> Path:
    (logs / "app.log").write_text("line\n")
    file = logs / "token"
    file.write_text("from-a-file\n")
    file.chmod(0o600)
    return file


def test_a_file_or_a_credential_has_the_token(token_file: Path, serve: Serve) -> None:
    log = token_file.with_name("app.log")
    for server in (
        serve("--token-file", token_file, log),
        serve(log, env={"CREDENTIALS_DIRECTORY": str(token_file.parent)}),
    ):
        assert server.token == token_file.read_text().strip()
        assert server.get("/api/sources").status_code == 200
        assert warnings_of(server) == []


def test_a_missing_credential_is_no_error(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("line\n")
    server = serve(logs / "app.log", env={"CREDENTIALS_DIRECTORY": str(logs)})
    assert len(server.token) == 22


def test_an_endless_token_file_is_refused() -> None:
    assert_refused(run("--token-file", "/dev/zero", "app.log"), 1, "/dev/zero", "4,096 characters")


def test_a_token_that_others_can_read_is_reported(token_file: Path, serve: Serve) -> None:
    log = token_file.with_name("app.log")
    (line,) = warnings_of(serve("--token", "typed", log))
    assert "--token-file" in line
    assert "typed" not in line
    assert warnings_of(serve(log, env={"LOGVIEWER_TOKEN": "environment"})) == []
    token_file.chmod(0o644)
    (line,) = warnings_of(serve("--token-file", token_file, log))
    assert f"chmod 600 {token_file}" in line


@pytest.mark.parametrize(("mode", "count"), [(0o644, 1), (0o640, 0)])
def test_a_configuration_with_secrets_that_others_can_read_is_reported(
    logs: Path, serve: Serve, mode: int, count: int
) -> None:
    users = configure_users(logs)
    token = logs / "token.toml"
    token.write_text(f'paths = ["{logs}/mail"]\ntoken = "kept"\n')
    harmless = logs / "harmless.toml"
    harmless.write_text(f'paths = ["{logs}/mail"]\n')
    for file, expected in ((users, count), (token, count), (harmless, 0)):
        file.chmod(mode)
        lines = warnings_of(serve("--config", file))
        assert [f"chmod 600 {file}" in line for line in lines] == [True] * expected


def test_a_bad_token_file_is_refused(token_file: Path) -> None:
    log = token_file.with_name("app.log")
    assert_refused(run("--token-file", token_file.with_name("none"), log), 1, "token file", "No such file")
    assert_refused(run("--token-file", token_file, "--token", "a", log), 2, "--token and --token-file")
    token_file.write_text(" \n")
    assert_refused(run("--token-file", token_file, log), 2, "the token must be")
