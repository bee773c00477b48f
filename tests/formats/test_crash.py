"""Reports of uncaught errors are errors, and one record."""

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.formats.record import record_at

BEFORE = "2026-11-21 01:02:03 INFO on\n"
AFTER = "\n2026-11-21 01:02:04 INFO next"
REPORTS = {
    "python": """
Traceback (most recent call last):
  File "a.py", line 3, in <module>
    1 / 0
ZeroDivisionError: division by zero
""",
    "python-chain": """
Traceback (most recent call last):
  File "a.py", line 3, in <module>
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 5, in <module>
    raise ValueError("y") from None
ValueError: y
""",
    "python-group": """
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 3, in <module>
  | ExceptionGroup: x (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +------------------------------------
""",
    "java": """
Exception in thread "main" java.lang.IllegalStateException: bad
	at a.B.c(B.java:1)
Caused by: java.io.IOException: gone
	at a.B.d(B.java:3)
	... 1 more
""",
    "rust": """
thread 'main' panicked at src/main.rs:2:5:
index out of bounds: the len is 0 but the index is 3
stack backtrace:
   0: rust_begin_unwind
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
""",
    "rust-2026": """
thread 'main' (12345) panicked at src/main.rs:2:5:
called `Option::unwrap()` on a `None` value
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
""",
    "dotnet": """
Unhandled exception. System.InvalidOperationException: bad
 ---> System.IO.IOException: x
   at A.B() in /a.cs:line 1
   --- End of inner exception stack trace ---
   at A.C() in /a.cs:line 2
""",
    "dotnet-old": """
Unhandled Exception: System.NullReferenceException: Object reference not set
   at A.B() in /a.cs:line 1
""",
    "ruby": """
/app/a.rb:3:in `divided_by': divided by 0 (ZeroDivisionError)
	from /app/a.rb:3:in `<main>'
""",
    "ruby34": """
/app/a.rb:3:in 'Integer#/': divided by 0 (ZeroDivisionError)
	from /app/a.rb:3:in '<main>'
""",
    "node": """
/app/a.js:3
    throw new Error("x");
    ^

Error: x
    at Object.<anonymous> (/app/a.js:3:11)
    at node:internal/main:1:2

Node.js v20.1.0
""",
    "node-internal": """
node:internal/modules/cjs/loader:1080
  throw err;
  ^

Error: Cannot find module '/app/x.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v20.1.0
""",
    "go": """
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1]

goroutine 1 [running]:
main.main()
	/app/main.go:12 +0x1d

goroutine 18 [select]:
net/http.(*persistConn).writeLoop(0xc0001)
	/usr/lib/go/src/net/http/transport.go:2410 +0xf0
created by net/http.(*Transport).dialConn in goroutine 17
	/usr/lib/go/src/net/http/transport.go:1776 +0x16f
exit status 2
""",
    "go-fatal": """
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
	/app/main.go:5 +0x1d
exit status 2
""",
    "php": """
PHP Fatal error:  Uncaught Exception: bad in /a.php:3
Stack trace:
#0 {main}
  thrown in /a.php on line 3
""",
    "php-out": """
Fatal error: Uncaught Error: Call to undefined function x() in /a.php:3
Stack trace:
#0 {main}
  thrown in /a.php on line 3
""",
    "perl": """
Can't locate Foo/Bar.pm in @INC (you may need to install the Foo::Bar module) at a.pl line 3.
BEGIN failed--compilation aborted at a.pl line 3.
""",
    "perl-die": """
Died at a.pl line 3.
	main::f() called at a.pl line 7
""",
    "cpp": """
terminate called after throwing an instance of 'std::runtime_error'
  what():  bad
Aborted (core dumped)
""",
    "cpp-mac": """
libc++abi: terminating due to uncaught exception of type std::runtime_error: bad
""",
    "segv": """
Segmentation fault (core dumped)
""",
    "assert": """
a.out: a.c:3: main: Assertion `x == 1' failed.
Aborted (core dumped)
""",
    "glibc": """
*** stack smashing detected ***: terminated
Aborted (core dumped)
""",
    "free": """
free(): double free detected in tcache 2
Aborted (core dumped)
""",
    "elixir": """
** (RuntimeError) bad
    a.exs:3: (file)
    (elixir 1.16.0) lib/code.ex:1: Code.require_file/2
""",
    "elixir-exit": """
** (EXIT from #PID<0.98.0>) an exception was raised:
    ** (RuntimeError) bad
        a.exs:3: (file)
""",
    "erlang-boot": """
{"init terminating in do_boot",{badarg,[{a,b,[],[]}]}}
init terminating in do_boot ({badarg,[{a,b,[],[]}]})

Crash dump is being written to: erl_crash.dump...done
""",
    "swift": """
Swift/ContiguousArrayBuffer.swift:600: Fatal error: Index out of range
Current stack trace:
0    libswiftCore.so 0x1 _swift_stdlib_reportFatalErrorInFile + 109
""",
    "kotlin": """
Exception in thread "main" kotlin.KotlinNullPointerException
	at AKt.main(a.kt:3)
""",
    "clojure": """
Execution error (ArithmeticException) at user/eval1 (REPL:1).
Divide by zero
""",
    "ocaml": """
Fatal error: exception Failure("bad")
Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33
""",
    "lua": """
lua: a.lua:3: attempt to index a nil value (global 'x')
stack traceback:
	a.lua:3: in main chunk
	[C]: in ?
""",
    "deno": """
error: Uncaught (in promise) Error: bad
    at file:///a.ts:3:7
""",
    "dart": """
Unhandled exception:
Bad state: no
#0      main (file:///a.dart:2:3)
""",
    "r": """
Error in f() : bad
Calls: f
Execution halted
""",
    "julia": """
ERROR: LoadError: DivideError: integer division error
Stacktrace:
 [1] div
   @ ./int.jl:295 [inlined]
""",
    "groovy": """
Caught: java.lang.RuntimeException: bad
java.lang.RuntimeException: bad
	at a.run(a.groovy:3)
""",
    "asan": """
==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x55 bp 0x7f sp 0x7f
READ of size 4 at 0x602000000010 thread T0
    #0 0x55 in main /srv/a.c:12
    #1 0x7f in __libc_start_main

0x602000000010 is located 0 bytes inside of 4-byte region [0x602000000010,0x602000000014)
freed by thread T0 here:
    #0 0x7f in free
SUMMARY: AddressSanitizer: heap-use-after-free /srv/a.c:12 in main
Shadow bytes around the buggy address:
  0x0c047fff7fb0: 00 00 00 00
=>0x0c047fff8000: fa fa[fd]fa
==7==ABORTING
""",
    "ubsan": """
/srv/a.c:12:5: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'
""",
    "haskell": """
app: Prelude.head: empty list
CallStack (from HasCallStack):
  error, called at libraries/base/GHC/List.hs:1646:3 in base:GHC.List
  errorEmptyList, called at a.hs:1:1
""",
    "haskell-pattern": """
app: src/Main.hs:(3,1)-(4,20): Non-exhaustive patterns in function f
""",
    "haskell-new": """
app: Uncaught exception ghc-internal:GHC.Internal.Exception.ErrorCall:

bad
HasCallStack backtrace:
  error, called at a.hs:3:8 in main:Main
""",
}
KERNEL = {
    "oom": """
[12345.678901] java invoked oom-killer: gfp_mask=0x100cca, order=0, oom_score_adj=0
[12345.678902] CPU: 1 PID: 77 Comm: java Not tainted 6.1.0
[12345.678903] Call Trace:
[12345.678904]  <TASK>
[12345.678905] Mem-Info:
[12345.678906] Out of memory: Killed process 77 (java) total-vm:1kB, anon-rss:1kB
[12346.678906] eth0: link up
""",
    "oops": """
[  123.456789] BUG: kernel NULL pointer dereference, address: 0000000000000000
[  123.456790] #PF: supervisor read access in kernel mode
[  123.456791] Oops: 0000 [#1] PREEMPT SMP
[  123.456792] CPU: 0 PID: 1 Comm: x
[  123.456793] Call Trace:
[  123.456794]  ? f+0x10/0x20
[  123.456795] ---[ end trace 0000000000000000 ]---
[  124.456795] eth0: link up
""",
    "panic": """
[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs
[    1.234568] CPU: 0 PID: 1 Comm: swapper/0
[    1.234569] ---[ end Kernel panic - not syncing: VFS ]---
""",
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    ("before", "after"), [(BEFORE, AFTER), ("", ""), ("starting\n", "")], ids=["timed", "alone", "words"]
)
def test_a_report_is_an_error_and_one_record(name: str, before: str, after: str) -> None:
    report = REPORTS[name].strip("\n").split("\n")
    lines = (before + "\n".join(report) + after).split("\n")
    line_format = PLAIN.of_file(lambda: lines)
    first = bool(before)
    errors = [number for number, line in enumerate(lines) if line_format.level(line) in {"error", "fatal"}]
    assert errors
    assert (first, first + len(report)) in {record_at(lines, number, line_format) for number in errors}


@pytest.mark.parametrize("name", KERNEL)
@pytest.mark.parametrize(
    "prefix", ["", "Nov 21 01:02:03 host kernel: ", "2026-11-21T01:02:03.123456+00:00 host kernel: "]
)
def test_a_report_of_the_kernel_is_one_record(name: str, prefix: str) -> None:
    lines = [prefix + line for line in KERNEL[name].strip("\n").split("\n")]
    errors = [number for number, line in enumerate(lines) if PLAIN.level(line) in {"error", "fatal"}]
    end = len(lines) - (name != "panic")
    assert {record_at(lines, number, PLAIN) for number in errors} == {(0, end)}
    assert [record_at(lines, number, PLAIN) for number in range(end)] == [(0, end)] * end


def test_a_traceback_of_a_logged_error_is_a_part_of_it() -> None:
    lines = ["2026-11-21 01:02:03 ERROR no", *REPORTS["python"].strip("\n").split("\n"), "2026-11-21 01:02:04 INFO on"]
    line_format = PLAIN.of_file(lambda: lines)
    assert line_format.level(lines[1]) is None
    assert record_at(lines, 2, line_format) == (0, 5)


@pytest.mark.parametrize(
    "line",
    ["[12.345678] usb 1-1: BUG reports are welcome", "Died of hunger", "Error in the plan", "[1.234567] Call Trace:"],
)
def test_a_line_with_such_words_is_not_a_report(line: str) -> None:
    assert PLAIN.level(line) is None
