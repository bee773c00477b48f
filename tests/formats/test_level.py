"""The level of a line is in its fields or before its message, in any format."""

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.formats.level import LETTERS, Level, find_level
from tests.helpers.hostile_lines import HOSTILE_PIECES, WORDS

STAMP = "2026-11-21 01:02:03,123"

NAMED: list[tuple[Level, str]] = [
    # Python, Java, .NET
    ("info", f"{STAMP} INFO [main] org.example.App: Started"),
    ("warning", f"{STAMP} - WARN  [SendWorker:1:Quorum$SendWorker@688] - Interrupted"),
    ("error", f"{STAMP} - shop.db - ERROR - [req-1] order 5: no answer"),
    ("fatal", f"{STAMP} root CRITICAL out of memory"),
    ("debug", "DEBUG:asyncio:Using selector: EpollSelector"),
    ("info", f"{STAMP} 25746 INFO nova.osapi_compute.wsgi.server [req-1 - - -] 10.1.2.3 'GET /' status: 500"),
    ("info", "2026-11-21 01:02:03.123  INFO 1234 --- [           main] c.e.App : Started App in 3 s"),
    ("info", "[2026-11-21T01:02:03,123][INFO ][o.e.n.Node              ] [node-1] started"),
    ("warning", "[2026-11-21 01:02:03,123] WARN [Controller id=0] moved (kafka.controller.KafkaController)"),
    ("info", "INFO  [main] 2026-11-21 01:02:03,123 StorageService.java:600 - Cassandra version: 4.1"),
    ("info", "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers"),
    ("info", "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating"),
    ("error", "21-Nov-2026 01:02:03.123 SEVERE [main] org.apache.catalina.core.StandardContext.start Error"),
    ("info", "INFO: Server startup in 1234 ms"),
    ("info", f"{STAMP} | INFO     | app.main:run:12 - started"),
    ("info", "2026-11-21 01:02:03.1234|INFO|App.Program|started"),
    ("warning", "2026-11-21 01:02:03.1234 | warn | app | slow"),
    ("info", "2026-11-21 01:02:03.123 +00:00 [INF] Now listening on: http://localhost:5000"),
    ("error", "[01:02:03 ERR] Unhandled exception"),
    ("info", "info: Microsoft.Hosting.Lifetime[14]"),
    ("error", "fail: Microsoft.AspNetCore.Server.Kestrel[13]"),
    ("info", 'INFO:     127.0.0.1:1234 - "GET / HTTP/1.1" 500 Internal Server Error'),
    ("info", "[2026-11-21 01:02:03 +0000] [1234] [INFO] Starting gunicorn 23.0.0"),
    ("warning", "[2026-11-21 01:02:03,123: WARNING/MainProcess] Substantial drift"),
    ("info", "[I 2026-11-21 01:02:03.123 ServerApp] Serving notebooks from local directory"),
    ("notice", f"{STAMP} fail2ban.actions        [123]: NOTICE  [sshd] Ban 192.0.2.1"),
    ("info", "####<Nov 21, 2026 1:02:03 AM UTC> <Info> <Security> <host> <main> <> <BEA-090905> <Disabling>"),
    # Go, Rust, Ruby, PHP, Erlang, JavaScript
    ("error", "E1121 01:02:03.123456   12345 reflector.go:138] Failed to watch *v1.Node"),
    ("info", "Nov 21 01:02:03 node-1 kubelet[812]: I1121 01:02:03.123456     812 kubelet.go:2100] SyncLoop"),
    ("warning", '2026-11-21T01:02:03.123Z\tWARN\tcontroller/controller.go:12\tslow\t{"error": null}'),
    ("info", "2026-11-21T01:02:03.123Z\tinfo\tcaller.go:12\tstarted"),
    ("warning", "WARN[0012] no configuration found"),
    ("info", "[2026-11-21T01:02:03Z INFO  app::server] listening"),
    ("info", "2026-11-21T01:02:03.123456Z  INFO app::server: listening addr=127.0.0.1"),
    ("info", "I, [2026-11-21T01:02:03.123456 #1234]  INFO -- : Started GET"),
    ("error", "[2026-11-21 01:02:03] production.ERROR: Undefined variable {exception}"),
    ("warning", "[21-Nov-2026 01:02:03 UTC] PHP Warning:  Undefined variable $x in /a.php on line 3"),
    ("notice", "[21-Nov-2026 01:02:03] NOTICE: fpm is running, pid 1"),
    ("info", "01:02:03.123 [info] Running Endpoint"),
    ("warning", "2026-11-21 01:02:03.123456+00:00 [warning] <0.229.0> memory resource limit alarm"),
    ("error", "2026-11-21T01:02:03.123Z error: connection refused"),
    # Servers and systems
    ("notice", "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties"),
    ("error", "[Sat Nov 21 01:02:03.123456 2026] [core:error] [pid 12:tid 34] [client 192.0.2.1:56] AH00037"),
    ("warning", "2026/11/21 01:02:03 [warn] 31#31: *4 an upstream response is buffered"),
    ("fatal", "2026/11/21 01:02:03 [emerg] 1#1: bind() to 0.0.0.0:80 failed"),
    ("error", "2026-11-21 01:02:03.123 UTC [123] user@db ERROR:  relation does not exist"),
    ("info", "2026-11-21 01:02:03.123 UTC [123] LOG:  database system is ready to accept connections"),
    ("fatal", "2026-11-21 01:02:03.123 UTC [123] FATAL:  the database system is starting up"),
    ("warning", "2026-11-21T01:02:03.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed."),
    ("notice", "1234:M 21 Nov 2026 01:02:03.123 * Ready to accept connections"),
    ("warning", "1234:M 21 Nov 2026 01:02:03.123 # WARNING overcommit_memory is set to 0"),
    ("info", "2026-11-21T01:02:03.123+0000 I NETWORK  [listener] connection accepted"),
    ("debug", "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogs"),
    ("trace", "03-17 16:13:38.811 10702 22395 V PhoneStatusBar: ERROR is a word"),
    ("info", "I/ActivityManager(  585): Starting activity"),
    ("warning", "03-17 16:13:38.811 W/ActivityManager(  585): slow"),
    ("info", "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505"),
    ("info", "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0 RAS KERNEL INFO x"),
    ("fatal", "- 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 R04-M1 RAS APP FATAL ciod: e"),
    ("error", "Nov 21 01:02:03 sw-1 123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down"),
    ("info", "<134>1 2026-11-21T01:02:03.123Z web-1 app 12 - - ERROR is a word here"),
    ("fatal", "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"),
    # Fields
    ("info", '{"ts":1,"level":"info","msg":"ERROR is a word","error":null}'),
    ("error", '{"level":50,"time":1795222923123,"msg":"x"}'),
    ("warning", '{"log":"2026-11-21 WARN slow\\n","stream":"stderr","time":"2026-11-21T01:02:03Z"}'),
    ("info", '{"@timestamp":"2026-11-21T01:02:03Z","log":{"level":"INFO"},"message":"x"}'),
    ("warning", '{"t":{"$date":"2026-11-21T01:02:03.123Z"},"s":"W","c":"NETWORK","msg":"x"}'),
    ("error", '{"PRIORITY":"3","MESSAGE":"x"}'),
    ("error", '{"time":"x","request":"GET /","status":502}'),
    ("info", 'ts=2026-11-21T01:02:03Z level=info msg="job done" err="level=error"'),
    ("warning", 'time="2026-11-21T01:02:03Z" level=warning msg="ERROR in capitals"'),
    ("debug", 'msg="level=error" lvl=dbug'),
    ("error", '2026-11-21 01:02:03 worker {"severity":"ERROR","msg":"x"}'),
    ("info", "2026-11-21T01:02:03.123456789Z stdout F 2026-11-21 01:02:03 INFO up"),
    ("warning", '2026-11-21T01:02:03.123456789Z stderr F {"level":"warn","msg":"x"}'),
    # Requests
    ("info", '192.0.2.1 - - [21/Nov/2026:01:02:03 +0000] "GET /error HTTP/1.1" 200 12 "-" "ERROR"'),
    ("warning", '2001:db8::1 - bob [21/Nov/2026:01:02:03 +0000] "GET /\\"a\\" HTTP/2.0" 404 12'),
    ("error", 'shop:80 192.0.2.1 - - [21/Nov/2026:01:02:03 +0000] "POST / HTTP/1.1" 503 12'),
    # Colours
    ("info", "\x1b[2m2026-11-21T01:02:03Z\x1b[0m \x1b[32m INFO\x1b[0m app: up"),
]


@pytest.mark.parametrize(("named", "line"), NAMED)
def test_the_level_of_a_line(named: Level, line: str) -> None:
    assert find_level(line) == named


@pytest.mark.parametrize("start", ["\ufeff", "\0", "\x1b[31m", "\ufeff\x1b[0;1m\x1b[31m", "\x1b]0;title\x07"])
def test_text_that_is_not_shown_changes_no_level(start: str) -> None:
    found = {line: find_level(f"{start}{line}\x1b[0m") for _, line in NAMED}
    assert found == {line: named for named, line in NAMED}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no level here",
        "2026-11-21 01:02:03 no errors found, and no ERROR either",
        "Dec 10 06:55:46 LabSZ sshd[24200]: error: Received disconnect from 192.0.2.1",
        "Jul 10 16:01:43 combo gpm[2094]: *** info [mice.c(1766)]:",
        "Nov 21 01:02:03 host-1 app[1]: got an ERROR from upstream",
        "\tat org.example.ERROR.run(ERROR.java:12)",
        "    raise ERROR",
        "Caused by: java.lang.IllegalStateException: ERROR",
        "Traceback (most recent call last):",
        "ValueError: bad level",
        "2026-11-21 01:02:03 error=null status=ok",
        'ts=1 msg="level=error"',
        "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
        "[10.30 16:49:06] chrome.exe - proxy.example.com:5070 error : Could not connect",
        "2026-11-21 01:02:03 I am here",
        '{"msg":"error"}',
        '{"level":null}',
        '{"level":true}',
        "{not json: ERROR}",
        "[ERROR_CODE] x",
        "<bob> ERROR",
        "No error: all is well",
        "Last error: none",
        "Usage: tool [error] [info]",
        "the error: nothing",
        "a | b [x] (e) of it",
        "<bob> warning: x",
    ],
)
def test_a_line_without_a_level(line: str) -> None:
    assert find_level(line) is None


def test_each_level_has_its_letter() -> None:
    assert "".join(LETTERS.values()) == "FEWNIDT-"


@given(st.one_of(st.text(), st.lists(WORDS, max_size=40).map("".join)))
def test_any_text_is_read(text: str) -> None:
    assert find_level(text) in LETTERS


@pytest.mark.parametrize("prefix", ["", '192.0.2.1 - - [21/Nov/2026:01:02:03 +0000] "', '"', "{", "Nov 21 01:02:03 a "])
@pytest.mark.parametrize("piece", HOSTILE_PIECES)
def test_hostile_lines_take_linear_time(piece: str, prefix: str) -> None:
    line = prefix + piece * (400_000 // len(piece))
    begin = thread_time()
    find_level(line)
    assert thread_time() - begin < 1


@pytest.mark.parametrize(
    "piece",
    ["x", "[", "/a", "a=b ", "word ", "a: b:1: Assertion ", "Can't open at x line ", "a.rb:1:in '", "level=", "1"],
)
def test_the_begin_of_a_long_line_decides(piece: str) -> None:
    """The rest changes nothing, and is not searched: a quadratic pattern would take minutes."""
    text = piece * (1024 * 1024 // len(piece))
    assert find_level(text) == find_level(text[:8192])
