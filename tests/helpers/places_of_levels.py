"""Lines with their level in each place where programs write it, and lines that only look so; as ``kinds_of_lines``."""

PLACES: dict[str, str] = {
    "single letter": """
info 2026-11-21 01:02:03.000123 I | store: ready to serve
fatal 2026-11-21 01:02:03.000123 C | store: no space
error E [21/Nov/2026:02:02:03 +0100] [Job 7] no printer
warning [2026-11-21 01:02:03.000001 +0000] W [MSGID: 7] [a.c:1:main] 0-x: slow
fatal [2026-11-21 01:02:03.000001 +0000] C [a-b.c:1:main] 0-x: gone
info 2026-11-21T01:02:03Z I! Starting
error 2026-11-21T01:02:03Z E! [out.x] failed
warning 2026-11-21 01:02:03.000001: W a/b/c.cc:7] slow
info 2026-11-21 01:02:03.000001 I [7:main] Store -- ready
debug 2026-11-21 01:02:03.000 Db powerd[9:4] [a.b:c] level 7
error 2026-11-21 01:02:03.000 E  trustd[9:4] [a.b:c] bad
notice [ N 2026-11-21 01:02:03.0001 1/T1 a/b.cpp:7 ]: ready
warning (W) 2026-11-21T01:02:03 - slow
warning W 11/21/26 01:02:03 00331 FFI: slow
info [ 11-21 01:02:03.000  7: 9 I/Manager ]
warning [11/21/26 1:02:03:123 UTC] 0000005a Provider  W FFDC1003I: slow
- 2026-11-21 01:02:03 I am here
- 2026-11-21 01:02:03: I am here
- 2026-11-21 01:02:03 A new day
- 2026-11-21 01:02:03 Plan E works
- (N) 2026-11-21T01:02:03 - started
- 2026-11-21 01:02:03.000 Df kernel[0:1] x
- W  Sat Nov 21 01:02:03 2026
""",
    "brackets": """
warning 2026-11-21T01:02:03.000001+0000 mgr.b (mgr.7) 9 : cluster [WRN] slow
notice Nov 21 01:02:03 phone Board(Front)[7] <Notice>: up
error Nov 21 01:02:03 phone kernel[0] <Error>: no
error Nov 21 01:02:03 kdc krb[7](Error): no
error 2026-11-21 02:02:03 +0100 Puppet (err): no catalog
error 2026-11-21 01:02:03 (error) it broke
info 2026-11-21T01:02:03Z app[b29] fra [info] Starting
info [2026-11-21 01:02:03] [Server thread/INFO]: Done
error 2026-11-21T02:02:03+0100 [a.b.Master#error] no config
trace [Sat Nov 21 01:02:03.000001 2026] [core:trace5] [pid 7] x
warning [12.345] (WW) no such directory~
error [12.345] (EE) no module~
- [12.345] (**) Option "a" "b"~
trace [2026-11-21 01:02:03.000] [silly] tick
info 2026-11-21 01:02:03.000 [7F05C1 info 'Default'] x
warning [#|2026-11-21T01:02:03.123+0000|WARNING|glassfish|x|#]
- 2026-11-21 01:02:03 it printed (error) and left
- [ERROR_CODE] 2026-11-21 01:02:03 x
- 2026-11-21 01:02:03 GET [/var/log/error] 200
""",
    "lower-case word": """
info 2026-11-21T01:02:03.000Z info hostd[7] [Originator@6876 sub=X] text
notice Nov 21 01:02:03 big-1 notice mcpd[7]: 01070417:5: x
warning 2026-11-21 01:02:03.000 T:7 warning <general>: x
info [2026-11-21 02:02:03 +0100] info [paneld] 192.0.2.1 - x
error 2026-11-21 01:02:03.000+0000: 7: error : virX:7 : End of file
info [shop:7] info @2026-11-21 01:02:03> paid
info [UTC Nov 21 01:02:03] info     : 'web' start
- 2026-11-21 01:02:03 error reading the file
- 2026-11-21 01:02:03 info desk is closed
- 2026-11-21 01:02:03 the error [x] is gone
info 2026-11-21 01:02:03.000 Info HttpServer: GET
- 2026-11-21 01:02:03 Error Handling: on
- 2026-11-21 01:02:03 Debug Mode: on
""",
    "after a name": """
info 21-Nov-2026 01:02:03.000 general: info: loaded
debug 21-Nov-2026 01:02:03.000 resolver: debug 1: fetch
error Sat Nov 21 01:02:03 2026 : Error: no client
warning [2026.11.21-01.02.03:000][7]LogNet: Warning: slow
info Nov 21 01:02:03 imap-login: Info: Login: user=<a>
debug Sat Nov 21 01:02:03 2026 [7] dbg: logger: x
debug [2026-11-21T01:02:03.000] debug2: RPC
info Nov 21 01:02:03 imap-login: Info: Logged out
info Nov 21 01:02:03 imap(bob)<7><a>: Info: Disconnected: x
- Nov 21 01:02:03 dnsmasq[7]: warning: x of y
- Nov 21 01:02:03 dnsmasq[7]: warning: x-of-y
- Nov 21 01:02:03 mail app: imap: error: x
- Nov 21 01:02:03 lab sshd[7]: error: no more methods
- 2026-11-21 01:02:03 first: second: error: x
""",
    "facilities and topics": """
info Nov 21 01:02:03 router daemon.info dnsmasq[7]: x
error Sat Nov 21 01:02:03 2026 daemon.err uhttpd[7]: x
fatal Nov 21 01:02:03 box user.crit prog: x
info Nov 21 01:02:03 web local0.info app: fine
error kern  :err   : [Sat Nov 21 01:02:03 2026] ata1: failed
debug daemon:debug : [Sat Nov 21 01:02:03 2026] systemd[1]: x
fatal 2026-11-21 01:02:03 system,error,critical login failure
info 2026-11-21 01:02:03 system,info,account logged in
- 2026-11-21 01:02:03 apples,pears and an error
- Nov 21 01:02:03 box user.group prog: x
""",
    "capitals joined": """
error 2026-11-21 01:02:03,499:ERROR:a.b:no
warning 2026-11-21 01:02:03.000:WARN:x.Y:main: slow
error 2026-11-21 01:02:03,ERROR,csv,no
error 2026-11-21 01:02:03;ERROR;csv;no
error ERROR;2026-11-21 01:02:03;x
error 2026-11-21 01:02:03.123 UTC,"a","b",7,"192.0.2.1:5",6a.1,1,"SELECT",2026-11-21 01:02:03 UTC,3/4,0,ERROR,42P01,"no"
error Error,11/21/2026 1:02:03 AM,Service,7031,None,"x"
info "2026-11-21 01:02:03"	"Login|a|b"	id=bob,ou=user	6f	"Not Available"	INFO	dc=x
info 2026-11-21 01:02:03.000 UTC [7] LOG C-0x5: a login
error 2026-11-21 01:02:03 app.ERR x
error 2026-11-21 01:02:03 app::ERROR x
error 2026-11-21 01:02:03 - my app - ERROR - x
warning (process:7): GLib-WARNING **: 01:02:03.000: x~
- 2026-11-21 01:02:03 my app.ERRNO x
fatal user=[unknown],db=[unknown],client=192.0.2.1 FATAL:  no~
- 11/21/2026 01:02:03;0001;Server.7;Svr;Server;LOG_ERROR::Batch protocol error
""",
    "vendor codes": """
warning Nov 21 01:02:03 r1 %%01IFNET/4/LINK_STATE(l)[7]: down
error Nov 21 01:02:03 r1 7: %PKT-LINK-3-UPDOWN : down
info 2026-11-21T01:02:03.000Z In(166) Hostd[7]: x
debug 2026-11-21T01:02:03.000Z Db(167) Hostd[7]: x
error 2026.11.21 01:02:03 LOG3[7]: no
notice 2026.11.21 01:02:03 LOG5[ui]: x
info 129 <190>1 2026-11-21T01:02:03.000001+00:00 host app web.1 - Started
- 2026-11-21 01:02:03 In (a word) we trust
""",
    "behind a name": """
error root 2026-11-21 01:02:03,123 ERROR down
error api  | 2026-11-21 01:02:03,123 ERROR down
error web-1 app 2026-11-21 01:02:03,123 ERROR down
error main - 2026-11-21 01:02:03,123 - ERROR - down
error nginx | 2026/11/21 01:02:03 [error] 1#1: down
warning api-5 sidecar 2026-11-21T01:02:03.601Z	WARN	x.go:7	slow
info web  | INFO ready~
error api | {"level":"error","msg":"x"}~
""",
    "fields": """
error msg="no" level="0" prio="Error" time="2026-11-21T01:02:03Z"
info 2026-11-21T01:02:03Z at=info method=GET path="/"
warning 2026-11-21-01.02.03.000001+000 I373663E207           LEVEL: Warning
error 2026-11-21T01:02:03Z Level=Error msg=x
- 2026-11-21T01:02:03Z msg=x priority=7
- 2026-11-21T01:02:03Z looked at=home
info {"time":"2026-11-21T01:02:03Z","level":200,"level_name":"INFO"}
error {"time":"2026-11-21T01:02:03Z","level":400,"level_name":"ERROR"}
error {"time":"2026-11-21T01:02:03Z","level":400}
error {"time":"2026-11-21T01:02:03Z","severityText":"ERROR","severityNumber":17}
error {"time":"2026-11-21T01:02:03Z","severityNumber":17}
info {"time":"2026-11-21T01:02:03Z","Level":4}
error {"time":"2026-11-21T01:02:03Z","levelno":40}
error {"time":"2026-11-21T01:02:03Z","severity":500}
error {"time":"2026-11-21T01:02:03Z","level":{"name":"ERROR","value":40000}}
fatal {"time":"2026-11-21T01:02:03Z","messageType":"Fault"}
- {"time":"2026-11-21T01:02:03Z","messageType":"Default"}
- {"time":"2026-11-21T01:02:03Z","level":"Metadata"}
- {"time":"2026-11-21T01:02:03Z","status":"error"}
- {"time":"2026-11-21T01:02:03Z","status":"failure"}
- {"time":"2026-11-21T01:02:03Z","status":200}
- {"time":"2026-11-21T01:02:03Z","user":{"level":"error"}}
notice {"time":"2026-11-21T01:02:03Z","syslogseverity":"5","syslogseverity-text":"notice"}
info {"time":"2026-11-21T01:02:03Z","text":"x","record":{"level":{"icon":"i","name":"INFO","no":20}}}
error {"time":"2026-11-21T01:02:03Z","resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"ERROR"}]}]}]}
error {"time":"2026-11-21T01:02:03Z","level":"\\u001b[31merror\\u001b[39m"}
""",
    "names": """
debug 2026-11-21 01:02:03,241 DEBG fd 7 closed
debug 2026-11-21T01:02:03+0000 SUBDEBUG Installed: x
error SCHWERWIEGEND: no start~
warning 2026-11-21 01:02:03.123 UTC [12] WARNUNG:  x
fatal 2026-11-21 01:02:03.000000+0000 0x2979e    Fault       0xc5ae4              910    0    daemon: x
error error[E0425]: cannot find value `x`~
warning a.c:12:3: warning: unused variable~
warning /srv/x.py:12: UserWarning: old~
error npm ERR! code ELIFECYCLE~
error ::error file=a.py,line=1::x~
error E: Unable to locate package x~
- 1 error found~
- errors: 3~
- E is a letter~
""",
    "crashes": """
error Exception in thread "main" java.lang.IllegalStateException: bad~
error thread 'main' panicked at src/main.rs:2:5:~
error Unhandled exception. System.InvalidOperationException: bad~
error Uncaught TypeError: x is not a function~
fatal panic: runtime error: index out of range~
- Exception in the rule~
- thread 'main' started~
- Unhandled events: 3~
- Traceback (most recent call last):~
""",
}
