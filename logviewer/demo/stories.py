"""The events of the demo logs: a web shop with its proxy, payments, workers, deploys and support chat.

A scene is the lines of one event, such as a request, a job or a deploy. The writer adds times, request ids and order
numbers. An act is a time span with its own faults.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from logviewer.demo import phrases

AT, RID, ORDER = "§at§", "§rid§", "§order§"

# The timestamp of each file: ### stands for milliseconds; a final Z means UTC, otherwise the local zone.
FILES: Mapping[str, str] = {
    "shop.log": "%Y-%m-%d %H:%M:%S,###",
    "payments.jsonl": "%Y-%m-%dT%H:%M:%S.###Z",
    "nginx/access.log": "%d/%b/%Y:%H:%M:%S %z",
    "nginx/error.log": "%Y/%m/%d %H:%M:%S",
    "syslog": "%Y-%m-%dT%H:%M:%S.###Z",
    "worker.log": "%Y-%m-%dT%H:%M:%S.###Z",
    "deploy.log": "%Y-%m-%d %H:%M:%S",
    "chat.log": "%Y-%m-%d %H:%M:%S,###",
}

_SLOW_MS, _PATIENCE_MS = 500, 5000
_PROVIDER = "api.acquirer.example"
_PAY_PAGE = f"https://shop.example.com/checkout/{ORDER}"
_PAY_PATH = f"/api/orders/{ORDER}/payment?rid={RID}"
_IDS = {"request_id": RID, "order": ORDER}
_POSTGRES = "db-1 postgres 2214 -"
_SIZES = {201: 412, 304: 0, 401: 88, 404: 153, 429: 169, 499: 0, 502: 157, 504: 167}


class Line(NamedTuple):
    """One record of ``file``, ``delay`` ms after its scene begins; its timestamp goes between ``head`` and ``tail``."""

    delay: int
    file: str
    head: str
    tail: str


Scene = list[Line]


@dataclass(frozen=True, slots=True)
class Act:
    """``seconds`` of the shop: its release, a typical query in ms, the share of refused charges, the first scenes."""

    seconds: int
    version: str
    db_ms: float = 8.0
    refused: float = 0.0
    opening: "Callable[[Random, Act], list[Scene]] | None" = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A client of the shop: address, user agent, and the bytes of a successful response."""

    ip: str
    agent: str
    size: int


def acts(rng: Random) -> Iterator[Act]:
    """Yield acts in endless rounds of 600 s: a deploy, a slow database, refused payments, a hotfix, and calm."""
    for minor in itertools.count(rng.randrange(12, 20)):
        yield from _round(f"2.{minor - 1}.1", f"2.{minor}.0", f"2.{minor}.1")


def scene(rng: Random, act: Act) -> Scene:
    """Return a random everyday scene, under the conditions of an act."""
    troubled = act.db_ms > _SLOW_MS or act.refused > 0.1
    return rng.choices(list(_SCENES), [often[troubled] for often in _SCENES.values()])[0](rng, act)


def _round(old: str, new: str, fixed: str) -> Iterator[Act]:
    yield Act(40, old)
    yield Act(35, old, opening=lambda rng, _: _deploy(rng, phrases.RELEASE, old, new))
    yield Act(45, new)
    yield Act(25, new, db_ms=90)
    yield Act(35, new, db_ms=900, opening=_database_alert)
    yield Act(50, new, db_ms=3600, opening=lambda rng, act: [_timed_out(rng, act)])
    yield Act(25, new, db_ms=300, opening=_database_relief)
    yield Act(60, new)
    yield Act(20, new, refused=0.3)
    yield Act(60, new, refused=0.75, opening=_payment_alert)
    yield Act(35, new, refused=0.5, opening=lambda rng, _: _deploy(rng, phrases.HOTFIX, new, fixed))
    yield Act(50, fixed, refused=0.06, opening=_payment_relief)
    yield Act(120, fixed, opening=_support_chats)


def _browse(rng: Random, act: Act) -> Scene:
    path, visit = rng.choice(phrases.PAGES), _visit(rng)
    took = 0 if path.startswith("/static") else _query_ms(rng, act)
    if took > _PATIENCE_MS:
        return [_access(_PATIENCE_MS, visit, f"GET {path}", 499)]
    status = 404 if "moka" in path else rng.choice((200, 200, 200, 200, 304))
    seen = _access(took + 12, visit, f"GET {path}", status, referer="https://shop.example.com/")
    return [*_slow_query(rng, took), seen]


def _sign_in(rng: Random, act: Act) -> Scene:
    visit, took, wrong = _visit(rng), _query_ms(rng, act) + 90, rng.random() < 0.15
    level, outcome = ("WARNING", "wrong password") if wrong else ("INFO", "signed in")
    message = f"[{RID}] customer {rng.randrange(1000, 9999)} from {visit.ip}: {outcome}, {took} ms"
    answer = _access(took + 3, visit, "POST /api/session", 401 if wrong else 200)
    return [_shop(took, level, "shop.accounts", message), answer]


def _checkout(rng: Random, act: Act) -> Scene:
    visit, took = _visit(rng), _query_ms(rng, act)
    if took > _PATIENCE_MS:
        return _timed_out(rng, act)
    end = _refused if rng.random() < act.refused else _paid
    return [_payment_request(visit), *_slow_query(rng, took), *end(rng, act.version, visit, took)]


def _payment_request(visit: Visit) -> Line:
    return _shop(0, "INFO", "shop.http", f"[{RID}] POST /api/orders/{ORDER}/payment from {visit.ip}")


def _paid(rng: Random, version: str, visit: Visit, took: int) -> Scene:
    latency, mailed, amount = rng.randrange(120, 420), rng.randrange(40, 400), _amount(rng)
    total, customer = took + latency + 15, f"customer{rng.randrange(1000, 9999)}@example.com"
    charge = {**_IDS, "amount": amount, "provider": {"host": _PROVIDER, "status": 201, "latency_ms": latency}}
    receipt = {**_IDS, "to": customer, "duration": f"{mailed}ms"}
    paid = f"[{RID}] order {ORDER} paid: {amount['value']} {amount['currency']} in {total} ms"
    return [
        _payment(took + latency, "info", version, "charge accepted", charge),
        _shop(total, "INFO", "shop.checkout", paid),
        _access(total + 2, visit, f"POST {_PAY_PATH}", 201, referer=_PAY_PAGE),
        _worker(total + mailed, "info", version, "receipt sent", receipt),
    ]


def _refused(rng: Random, version: str, visit: Visit, took: int) -> Scene:
    attempts = [{"n": n, "status": 503, "ms": rng.randrange(900, 2100)} for n in (1, 2, 3)]
    first, end = took + attempts[0]["ms"], took + sum(attempt["ms"] for attempt in attempts)
    error = {"type": "ProviderUnavailable", "status": 503, "retryable": True, "attempts": attempts}
    charge = {**_IDS, "amount": _amount(rng), "error": error, "provider": {"host": _PROVIDER}}
    parked = {**_IDS, "queue": "payments", "retry_in": "30s", "err": f"503 from {_PROVIDER}"}
    failed = f"[{RID}] payment of order {ORDER} failed after 3 attempts\n{phrases.REFUSED_TRACE}"
    return [
        _shop(first, "WARNING", "shop.payments", f"[{RID}] charge of order {ORDER} answered 503, trying again"),
        _payment(end, "error", version, "provider refused the charge", charge),
        _shop(end + 2, "ERROR", "shop.payments", failed),
        *_sometimes(rng, 0.25, _upstream(end + 4, rng, visit, phrases.HUNG_UP)),
        _access(end + 6, visit, f"POST {_PAY_PATH}", 502, referer=_PAY_PAGE),
        _worker(end + 90, "warn", version, "payment parked", parked),
        *_sometimes(rng, 0.25, _complaint(rng, end + 2500)),
    ]


def _timed_out(rng: Random, _act: Act) -> Scene:
    visit, end = _visit(rng), _PATIENCE_MS
    canceled = "ERROR:  canceling statement due to statement timeout"
    failed = f"[{RID}] order {ORDER}: no answer in {end} ms\n{phrases.TIMEOUT_TRACE}"
    return [
        _payment_request(visit),
        _syslog(end, 131, _POSTGRES, canceled, data=f'[db@32473 request="{RID}" limit_ms="{end}"]'),
        _shop(end + 3, "ERROR", "shop.db", failed),
        _upstream(end + 5, rng, visit, phrases.NO_ANSWER),
        _access(end + 6, visit, f"POST {_PAY_PATH}", 504, referer=_PAY_PAGE),
        *_sometimes(rng, 0.15, _complaint(rng, end + 3000)),
    ]


def _slow_query(rng: Random, took: int) -> Scene:
    if took <= _SLOW_MS:
        return _sometimes(rng, 0.1 if took else 0, _shop(took, "DEBUG", "shop.db", f"[{RID}] query took {took} ms"))
    sql, exact = rng.choice(phrases.SQL), f"{took}.{rng.randrange(1000):03d}"
    return [
        *_sometimes(rng, 0.4, _syslog(took, 132, _POSTGRES, f"LOG:  duration: {exact} ms  execute: {sql}")),
        _shop(took, "WARNING", "shop.db", f"[{RID}] slow query, {took} ms: {sql}"),
    ]


def _job(rng: Random, act: Act) -> Scene:
    job, queue = rng.choice(phrases.JOBS)
    took = rng.randrange(8, 900) + _query_ms(rng, act)
    fields = {"job": job, "id": f"j{rng.randrange(10**6):06d}", "queue": queue}
    taken = _worker(0, "debug", act.version, "job taken", fields)
    done = _worker(took, "info", act.version, "job done", {**fields, "duration": f"{took}ms"})
    if rng.random() < 0.05:
        done = _worker(took, "warn", act.version, "job put back", {**fields, "err": "connection reset by peer"})
    return [*_sometimes(rng, 0.4, taken), done]


def _settlement(rng: Random, act: Act) -> Scene:
    if rng.random() < 0.6:
        kind = rng.choice(("charge.settled", "charge.captured", "refund.created"))
        event = {"event": kind, "order": ORDER, "amount": _amount(rng), "tags": ["webhook", "v2"]}
        return [_payment(0, "info", act.version, "webhook received", event)]
    pool = {"open": rng.randrange(2, 12), "idle": rng.randrange(6), "waiting": 0}
    return [_payment(0, "debug", act.version, "provider probed", {"p95_ms": rng.randrange(240, 480), "pool": pool})]


def _host_message(rng: Random, _act: Act) -> Scene:
    priority, source, data, message = rng.choice(phrases.HOST_MESSAGES)
    return [_syslog(0, priority, source, message.format(ip=_ip(rng), n=rng.randrange(100, 999)), data=data)]


def _proxy_message(rng: Random, _act: Act) -> Scene:
    level, message, request, status = rng.choice(phrases.PROXY_MESSAGES)
    visit, number = _visit(rng), rng.randrange(10**6, 10**7)
    noted = _proxy(0, rng, level, message.format(ip=visit.ip, n=number, excess=number % 1000))
    return [noted, _access(1, visit, request, status)] if request else [noted]


def _chat_scene(rng: Random, _act: Act) -> Scene:
    return _answered(rng, rng.choice(phrases.CHATS), 0)


def _answered(rng: Random, chat: tuple[str, str, str], start: int) -> Scene:
    language, question, answer = chat
    ticket, agent, delay = rng.randrange(2000, 9000), rng.randrange(1, 6), rng.randrange(3000, 9000)
    return [
        _chat(start, "INFO", f"[T-{ticket}] customer ({language}): {question}"),
        _chat(start + delay, "INFO", f"[T-{ticket}] agent {agent} ({language}): {answer}"),
    ]


# Weights of the scenes, without and with faults; with faults, customers retry.
_SCENES: Mapping[Callable[[Random, Act], Scene], tuple[int, int]] = {
    _browse: (22, 16),
    _checkout: (8, 18),
    _sign_in: (4, 3),
    _job: (13, 8),
    _settlement: (13, 6),
    _host_message: (20, 10),
    _proxy_message: (26, 8),
    _chat_scene: (8, 5),
}


def _complaint(rng: Random, delay: int) -> Line:
    language, words = rng.choice(phrases.COMPLAINTS)
    return _chat(delay, "WARNING", f"[T-{rng.randrange(2000, 9000)}] customer ({language}): {words}")


def _database_alert(_rng: Random, _act: Act) -> list[Scene]:
    lines = [
        _syslog(0, 134, _POSTGRES, 'LOG:  automatic vacuum of table "shop.public.cart_items": index scans: 1'),
        _alert(400, 130, "DatabaseSlow", "FIRING: p95 of queries 1.4 s, limit 0.5 s"),
        _shop(900, "WARNING", "shop.db", "connection pool: 19 of 20 in use, 7 requests waiting"),
    ]
    return [lines]


def _database_relief(_rng: Random, _act: Act) -> list[Scene]:
    lines = [
        _syslog(0, 134, _POSTGRES, "LOG:  CREATE INDEX CONCURRENTLY cart_items_order_id_idx took 41.2 s"),
        _shop(700, "INFO", "shop.db", "connection pool: 4 of 20 in use, none waiting"),
        _alert(9000, 134, "DatabaseSlow", "RESOLVED: p95 of queries 38 ms"),
    ]
    return [lines]


def _payment_alert(rng: Random, act: Act) -> list[Scene]:
    visit = _visit(rng)
    lines = [
        _alert(0, 130, "PaymentErrors", "FIRING: 31 % of charges fail, limit 2 %"),
        _shop(300, "CRITICAL", "shop.payments", f"circuit to {_PROVIDER} opened: 25 failures in 60 s"),
        _payment_request(visit),
        *_refused(rng, act.version, visit, round(act.db_ms)),
    ]
    return [lines]


def _payment_relief(_rng: Random, act: Act) -> list[Scene]:
    drained = [{"queue": "payments", "left": left} for left in range(48, -1, -8)]
    lines = [
        _shop(0, "INFO", "shop.payments", f"circuit to {_PROVIDER} closed"),
        *(_worker(n * 1500, "info", act.version, "payments retried", left) for n, left in enumerate(drained)),
        _alert(12_000, 134, "PaymentErrors", "RESOLVED: 0.8 % of charges fail"),
    ]
    return [lines]


def _support_chats(rng: Random, _act: Act) -> list[Scene]:
    chats = rng.sample(phrases.CHATS, len(phrases.CHATS))
    return [_answered(rng, chat, 7000 * n) for n, chat in enumerate(chats)]


def _deploy(rng: Random, script: str, old: str, new: str) -> list[Scene]:
    words = {"old": old, "new": new, "commit": f"{rng.getrandbits(28):07x}", "digest": f"{rng.getrandbits(48):012x}"}
    return [
        list(_steps(script, 0, words)),
        _restart(rng, 11_500, "web-1", words),
        _restart(rng, 20_000, "web-2", words),
        list(_steps(phrases.DEPLOY_END, 28_500, words)),
    ]


def _restart(rng: Random, start: int, host: str, words: Mapping[str, str]) -> Scene:
    old, new, stop, up = words["old"], words["new"], start + 2300, start + 3100
    return [
        *_steps(phrases.DEPLOY_HOST, start, {**words, "host": host}),
        _syslog(stop, 30, f"{host} systemd 1 -", "Stopping shop.service - Checkout and catalog..."),
        _shop(stop + 40, "INFO", "gunicorn.error", f"{host}: shutting down shop {old}"),
        _worker(stop + 90, "info", old, "worker stopping", {"host": host, "handed_back": 3}),
        _upstream(stop + 200, rng, _visit(rng), phrases.NOT_UP),
        _syslog(up, 30, f"{host} systemd 1 -", "Started shop.service - Checkout and catalog."),
        _shop(up + 30, "INFO", "gunicorn.error", f"{host}: starting shop {new} with 8 workers"),
        _worker(up + 400, "info", new, "worker started", {"host": host, "queues": 7}),
    ]


def _steps(script: str, start: int, words: Mapping[str, str]) -> Iterator[Line]:
    for step in script.strip().splitlines():
        seconds, colour, mark, text = step.format(**words).split("|")
        if mark.isdecimal():
            filled = int(mark) // 5
            text, mark = f"{mark:>3}% {text}", f"[{'█' * filled}{'░' * (20 - filled)}]"
        line = f"\x1b[2m{AT}\x1b[0m \x1b[{colour}m{mark}\x1b[0m {text}"
        yield _line("deploy.log", start + float(seconds) * 1000, line)


def _visit(rng: Random) -> Visit:
    return Visit(_ip(rng), rng.choice(phrases.AGENTS), rng.randrange(180, 48_000))


def _ip(rng: Random) -> str:
    if rng.random() < 0.12:
        return f"2001:db8:{rng.randrange(1, 0xFFFF):x}::{rng.randrange(1, 0xFFFF):x}"
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randrange(1, 255)}"


def _query_ms(rng: Random, act: Act) -> int:
    return max(1, round(act.db_ms * rng.lognormvariate(0, 0.45)))


def _amount(rng: Random) -> dict[str, str]:
    return {"value": f"{rng.randrange(9, 240)}.{rng.choice(('00', '50', '90', '95'))}", "currency": "EUR"}


def _sometimes(rng: Random, share: float, line: Line) -> Scene:
    return [line] if rng.random() < share else []


def _shop(delay: float, level: str, logger: str, message: str) -> Line:
    return _line("shop.log", delay, f"{AT} - {logger} - {level} - {message}")


def _chat(delay: float, level: str, message: str) -> Line:
    return _line("chat.log", delay, f"{AT} - chat.support - {level} - {message}")


def _payment(delay: float, level: str, version: str, msg: str, fields: Mapping[str, object]) -> Line:
    event = {"ts": AT, "level": level, "service": "payments", "version": version, "msg": msg, **fields}
    return _line("payments.jsonl", delay, json.dumps(event, separators=(",", ":"), ensure_ascii=False))


def _worker(delay: float, level: str, version: str, msg: str, fields: Mapping[str, object]) -> Line:
    pairs = {"ts": AT, "level": level, "service": "worker", "version": version, "msg": msg, **fields}
    return _line("worker.log", delay, " ".join(f"{key}={_logfmt(str(pairs[key]))}" for key in pairs))


def _logfmt(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if set(value) & set(' "=') else value


def _access(delay: float, visit: Visit, request: str, status: int, *, referer: str = "-") -> Line:
    answer = f"{status} {visit.size if status == 200 else _SIZES[status]}"
    text = f'{visit.ip} - - [{AT}] "{request} HTTP/2.0" {answer} "{referer}" "{visit.agent}"'
    return _line("nginx/access.log", delay, text)


def _proxy(delay: float, rng: Random, level: str, message: str) -> Line:
    pid, connection = rng.randrange(31, 35), rng.randrange(10_000, 99_999)
    return _line("nginx/error.log", delay, f"{AT} [{level}] {pid}#{pid}: *{connection} {message}")


def _upstream(delay: float, rng: Random, visit: Visit, problem: str) -> Line:
    request = f'request: "POST {_PAY_PATH} HTTP/2.0", upstream: "http://127.0.0.1:8000{_PAY_PATH}"'
    message = f'{problem}, client: {visit.ip}, server: shop.example.com, {request}, host: "shop.example.com"'
    return _proxy(delay, rng, "error", message)


def _syslog(delay: float, priority: int, source: str, message: str, *, data: str = "-") -> Line:
    host, program = source.split(" ", maxsplit=1)
    return _line("syslog", delay, f"<{priority}>1 {AT} {host}.example.com {program} {data} {message}")


def _alert(delay: float, priority: int, name: str, message: str) -> Line:
    data = f'[alert@32473 name="{name}" severity="page"]'
    return _syslog(delay, priority, "mon-1 alerts 990 ALERT", f"{name} {message}", data=data)


def _line(file: str, delay: float, text: str) -> Line:
    head, _, tail = text.partition(AT)
    return Line(round(delay), file, head, tail + "\n")
