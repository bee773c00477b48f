# ruff: noqa: E501 (lines of logs are as long as they are)
"""Lines of many programs, each with its level (``-`` for none)."""

from tests.helpers.forms_of_times import FORMS
from tests.helpers.places_of_levels import PLACES

# A "~" after the level: no time.
KINDS: dict[str, str] = {
    "HPC": """
- 1046 node-7 unix.hw state_change.down 1795222923 1 The state of a part of node-7 is another one
- 977 node-12 action halt 1795222923 1 shutdownNode (command 77)
- 312 fan3 fan speed 1795222923 1 warning
""",
    "BGL": """
info - 1795222923 2026.11.21 R11-M0-N2-C:J04-U11 2026-11-21-01.02.03.675872 R11-M0-N2-C:J04-U11 RAS KERNEL INFO all well
fatal KERNX 1795222923 2026.11.21 R11-M1-N4-I:J18-U01 2026-11-21-01.02.03.5 R11-M1-N4-I:J18-U01 RAS KERNEL FATAL halted
error - 1795222923 2026.11.21 R11-M1-N4-C:J17-U01 2026-11-21-01.02.03.65 R11-M1-N4-C:J17-U01 RAS MMCS ERROR not so
error - 1795222923 2026.11.21 R32-M1 2026-11-21-01.02.03.777133 R32-M1 RAS LINKCARD SEVERE some bits were spared
error - 1795222923 2026.11.21 R26-M0-N8-C:J02-U01 2026-11-21-01.02.03.300000 R26-M0 NULL HARDWARE FAILURE Power
""",
    "Thunderbird": """
- - 1795222923 2026.11.21 dn7 Nov 21 01:02:03 dn7/dn7 crond(pam_unix)[77]: a session begins
- - 1795222923 2026.11.21 mail-1 Nov 21 01:02:03 local@mail-1 postfix/postdrop[10]: warning: cannot find it: No such file
- - 1795222923 2026.11.21 #8# Nov 21 01:02:03 #8# in.tftpd[15]: tftp: the client said no
""",
    "Spark": """
info 26/11/21 01:02:03 INFO executor.Executor: Ready for [TERM, HUP]
warning 26/11/21 01:02:03 WARN util.Native: Not to be loaded
error 26/11/21 01:02:03 ERROR scheduler.Tasks: Task 0 in stage 1.0 failed 4 times
""",
    "Windows": """
info 2026-11-21 01:02:03, Info                  CBS    Stack v6.1 is loaded: C:\\Windows\\core.dll
info 2026-11-21 01:02:03, Info                  CSI    00000001@2026/9/27:20:30:31.455 Begin (wcp.dll version 0.0.0.6)
warning 2026-11-21 01:02:03, Warning               CBS    Warning: not understood
error 2026-11-21 01:02:03, Error                 CBS    It cannot be resolved
""",
    "Mac": """
- Nov 21 01:02:03 some-MacBook-Pro kernel[0]: ARPT: 620701.011328: Card::sync: WWEN[on]
- Nov 21 01:02:03 guest-10-1-2-3 com.apple.cts[258]: com.apple.Scheduler[258]: Pressure state: 1 Memory: 0
- Nov 21 01:02:03 guest-10-1-2-3 sharingd[30]: 08:11:12.123 : Awake for user 501
- Nov 21 01:02:03 some-MacBook-Pro QQ[10]: ######## list
- Nov 21 01:02:03 guest-10-1-2-3 Safari[98]: KeyStatus: status: off
""",
    "HealthApp": """
- 20261121-01:02:03:606|Step_LSC|30002312|stepsChanged 3579
- 20261121-1:2:3:606|Step_Total|30002312|total = 1514038440000##6993##5483##86
""",
    "Proxifier": """
- [11.21 01:02:03] chrome.exe - proxy.example.com:5070 open through proxy proxy.example.com:5070 HTTPS
- [11.21 01:02:03] chrome.exe *64 - proxy.example.com:5070 close, 451 bytes sent, 18846 bytes (18.4 KB) received
""",
    "nginx": """
error 2026/11/21 01:02:03 [error] 31#31: *95137 open() "/srv/www/.env" failed (2: No such file or directory), client: 192.0.2.3
fatal 2026/11/21 01:02:03 [crit] 34#34: *11785 SSL_do_handshake() failed (SSL: error:0A00006C: bad key)
notice 2026/11/21 01:02:03 [notice] 1#1: start worker process 30
info 192.0.2.231 - - [21/Nov/2026:01:02:03 +0000] "GET / HTTP/2.0" 304 0 "-" "Mozilla/5.0"
warning 192.0.2.231 - bob [21/Nov/2026:01:02:03 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"
warning 192.0.2.231 - - [21/Nov/2026:01:02:03 +0000] "" 408 0 "-" "-"
""",
    "PostgreSQL": """
info 2026-11-21 01:02:03.123 UTC [1] LOG:  starting PostgreSQL 17.2 on x86_64-pc-linux-gnu
error 2026-11-21 01:02:03.123 UTC [57] ERROR:  duplicate key value violates unique constraint "users_pkey"
fatal 2026-11-21 01:02:03.123 UTC [57] shop@shop FATAL:  password authentication failed for user "shop"
fatal 2026-11-21 01:02:03 UTC:10.0.0.1(5432):shop@shop:[123]:PANIC:  could not write to file
info 2026-11-21 01:02:03 UTC:10.0.0.1(5432):shop@shop:[123]:LOG:  duration: 1.2 ms
warning 2026-11-21 01:02:03.123 UTC [57] WARNING:  there is no transaction in progress
- 2026-11-21 01:02:03.123 UTC [57] DETAIL:  Key (id)=(1) already exists.
- 2026-11-21 01:02:03.123 UTC [57] STATEMENT:  INSERT INTO users VALUES (1)
""",
    "MySQL": """
- 2026-11-21T01:02:03.123456Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.0.36) starting as process 1
error 2026-11-21T01:02:03.123456Z 8 [ERROR] [MY-013183] [InnoDB] Assertion failure: btr0cur.cc:336
notice 2026-11-21 01:02:03 0 [Note] InnoDB: Using Linux native AIO
notice 2026-11-21  1:02:03 139 [Note] Server socket created on IP: '::'.
warning 2026-11-21T01:02:03.123456Z 0 [Warning] [MY-011068] [Server] The syntax is deprecated
""",
    "MongoDB": """
info {"t":{"$date":"2026-11-21T01:02:03.123+00:00"},"s":"I",  "c":"NETWORK",  "id":22943,   "ctx":"listener","msg":"accepted"}
warning {"t":{"$date":"2026-11-21T01:02:03.123+00:00"},"s":"W",  "c":"CONTROL",  "id":22120,   "ctx":"initandlisten","msg":"open"}
debug {"t":{"$date":"2026-11-21T01:02:03.123+00:00"},"s":"D1", "c":"REPL",     "id":22120,   "ctx":"x","msg":"y"}
info 2026-11-21T01:02:03.123+0000 I  NETWORK  [conn1] end connection 127.0.0.1:1234
error 2026-11-21T01:02:03.123+0000 E STORAGE  [initandlisten] WiredTiger error
""",
    "Redis": """
info 7:M 21 Nov 2026 01:02:03.123 - Accepted 10.0.0.1:1234
notice 7:M 21 Nov 2026 01:02:03.123 * Background saving started by pid 12
warning 7:C 21 Nov 2026 01:02:03.123 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
debug 7:S 21 Nov 2026 01:02:03.123 . DB 0: 1 keys (0 volatile) in 4 slots HT.
""",
    "HAProxy": """
- Nov 21 01:02:03 lb1 haproxy[14389]: 10.0.1.2:3331 [21/Nov/2026:01:02:03.655] http-in s/srv1 10/0/30 200 2750 - - ---- 1/1/1 0/0 "GET / HTTP/1.1"
- Nov 21 01:02:03 lb1 haproxy[14389]: Server bk_web/web1 is DOWN, reason: Layer4 timeout, check duration: 2001ms.
warning [WARNING]  (1) : Server bk_web/web1 is DOWN.~
notice [NOTICE]   (1) : haproxy version is 2.8.3~
fatal [ALERT]    (1) : config : [haproxy.main()] No enabled listener found.~
""",
    "Traefik": """
error 2026-11-21T01:02:03Z ERR Error while starting server error="listen tcp :80: bind" entryPointName=web
info 2026-11-21T01:02:03Z INF Traefik version 3.0.0 built on 2026-04-29
error time="2026-11-21T01:02:03Z" level=error msg="Error while starting server" entryPointName=web
info 10.0.0.1 - - [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 200 12 "-" "-" 1 "web@docker" "http://10.0.0.2:80" 3ms
""",
    "Envoy": """
info [2026-11-21 01:02:03.123][1][info][main] [source/server/server.cc:412] initializing epoch 0
warning [2026-11-21 01:02:03.123][1][warning][config] [source/common/config/grpc_stream.h:163] stream closed
fatal [2026-11-21 01:02:03.123][12][critical][backtrace] [./source/server/backtrace.h:104] Caught Segmentation fault
- [2026-11-21T01:02:03.123Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/8.5.0" "10.0.0.1"
""",
    "klog": """
info I1121 01:02:03.123456       1 leaderelection.go:257] waiting for the lease
warning W1121 01:02:03.123456   12345 reflector.go:547] failed to list *v1.Node: connection refused
error E1121 01:02:03.123456       1 controller.go:102] "Unhandled Error" err="boom"
fatal F1121 01:02:03.123456       1 server.go:100] failed to run Kubelet
info I1121 01:02:03.123456       1 http.go:96] "HTTP" verb="GET" URI="/healthz" latency="1ms" resp=200
""",
    "glog": """
info I20261121 01:02:03.123456 12345 main.cc:30] Starting
error E20261121 01:02:03.123456 12345 main.cc:31] Cannot open file
""",
    "journald": """
- Nov 21 01:02:03 web systemd[1]: Started nginx.service - A high performance web server.
- 2026-11-21T01:02:03+0000 web systemd[1]: nginx.service: Failed with result 'exit-code'.
- 2026-11-21T01:02:03.123456+00:00 web kernel: Linux version 6.1.0
- Nov 21 01:02:03.123456 web sshd[812]: Accepted publickey for deploy from 192.0.2.1 port 22
error Nov 21 01:02:03 web app[12]: ERROR could not connect
error Nov 21 01:02:03 web app[12]: 2026-11-21 01:02:03,123 ERROR could not connect
warning Nov 21 01:02:03 web-1 app[12]: level=warning msg="slow"
info Nov 21 01:02:03 web app[12]: {"level":"info","msg":"up"}
info Nov 21 01:02:03 node kubelet[812]: I1121 01:02:03.123456     812 kubelet.go:2100] "SyncLoop ADD"
warning Nov 21 01:02:03 web NetworkManager[700]: <warn>  [1795222923.1234] device (eth0): carrier lost
info Nov 21 01:02:03 web NetworkManager[700]: <info>  [1795222923.1234] manager: startup complete
info Nov 21 01:02:03 web dockerd[812]: time="2026-11-21T01:02:03Z" level=info msg="API listen on /run/docker.sock"
""",
    "docker": """
info {"log":"2026-11-21 01:02:03 INFO started\\n","stream":"stdout","time":"2026-11-21T01:02:03.123456789Z"}
- {"log":"hello\\n","stream":"stderr","time":"2026-11-21T01:02:03.123456789Z"}
error {"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"x\\"}\\n","stream":"stderr","time":"2026-11-21T01:02:03.123456789Z"}
info web-1  | 2026-11-21 01:02:03,123 INFO started
""",
    "cron": """
- Nov 21 01:02:03 web CRON[12345]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)
- Nov 21 01:02:03 web CROND[12345]: (root) CMDEND (run-parts /etc/cron.hourly)
- Nov 21 01:02:03 web cron[812]: (CRON) INFO (pidfile fd = 3)
""",
    "postfix": """
- Nov 21 01:02:03 mail postfix/smtpd[12345]: connect from unknown[192.0.2.1]
- Nov 21 01:02:03 mail postfix/smtp[12345]: 4F2: to=<a@example.com>, delay=30, status=deferred (timed out)
- Nov 21 01:02:03 mail postfix/smtpd[12345]: warning: hostname x.example.com does not resolve to address 192.0.2.1
- Nov 21 01:02:03 mail dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=192.0.2.1
""",
    "auditd": """
- type=SYSCALL msg=audit(1795222923.123:24287): arch=c000003e syscall=2 success=no exit=-13 comm="cat" exe="/bin/cat"
- type=USER_LOGIN msg=audit(1795222923.123:24288): pid=1 uid=0 msg='op=login acct="root" res=failed'
""",
    "dmesg": """
- [    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)~
- [12345.678901] EXT4-fs error (device sda1): ext4_find_entry:1234: inode #2~
- [Sat Nov 21 01:02:03 2026] usb 1-1: new high-speed USB device number 2 using xhci_hcd
error Nov 21 01:02:03 web kernel: [12345.678901] Out of memory: Killed process 1234 (java)
""",
    "Cisco": """
error Nov 21 01:02:03 sw-1 123: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down
notice *Nov 21 01:02:03.123: %SYS-5-CONFIG_I: Configured from console by vty0 (10.0.0.1)
info Nov 21 2026 01:02:03: %ASA-6-302013: Built outbound TCP connection 1 for outside:192.0.2.1/443
warning <188>Nov 21 01:02:03 fw : %ASA-4-106023: Deny tcp src outside:192.0.2.1/1 dst inside:10.0.0.1/22
notice <189>1234: sw-1: Nov 21 01:02:03.123: %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan1, changed state to up
""",
    "AWS": """
- http 2026-11-21T01:02:03.123456Z app/lb/50dc6c495c0c9188 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 200 200 34 "GET http://example.com:80/ HTTP/1.1" "curl"
- 2026-11-21T01:02:03.123456Z lb 192.0.2.1:2817 10.0.0.1:80 0.000073 0.001048 502 502 0 29 "GET http://example.com:80/ HTTP/1.1"
- 2026-11-21\t01:02:03\tLHR62-C2\t2390\t192.0.2.1\tGET\td111.cloudfront.net\t/index.html\t200\t-\tMozilla/5.0
info 2026-11-21T01:02:03.123Z\tc6af9ac6-7b61-11e6-9a41-93e8deadbeef\tINFO\thello
error 2026-11-21T01:02:03.123Z\tc6af9ac6-7b61-11e6-9a41-93e8deadbeef\tERROR\tInvoke Error
error [ERROR]\t2026-11-21T01:02:03.123Z\tc6af9ac6-7b61-11e6-9a41-93e8deadbeef\tboom
- START RequestId: c6af9ac6-7b61-11e6-9a41-93e8deadbeef Version: $LATEST~
""",
    "IIS": """
- 2026-11-21 01:02:03 10.0.0.1 GET /index.html - 80 - 192.0.2.1 Mozilla/5.0+(Windows+NT) - 200 0 0 15
- #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port~
""",
    "Rails": """
info I, [2026-11-21T01:02:03.123456 #1234]  INFO -- : [req-1] Started GET "/" for 127.0.0.1 at 2026-11-21 01:02:03 +0000
error E, [2026-11-21T01:02:03.123456 #1234] ERROR -- : undefined method `x' for nil
debug D, [2026-11-21T01:02:03.123456 #1234] DEBUG -- :   User Load (0.1ms)  SELECT 1
fatal F, [2026-11-21T01:02:03.123456 #1234] FATAL -- : [req-1] ActionController::RoutingError (No route matches)
- Started GET "/" for 127.0.0.1 at 2026-11-21 01:02:03 +0000~
- Completed 500 Internal Server Error in 12ms (ActiveRecord: 0.0ms)~
info 2026-11-21T01:02:03.123Z pid=1234 tid=abc class=HardJob jid=123 INFO: start
warning 2026-11-21T01:02:03.123Z pid=1234 tid=abc WARN: slow
""",
    "Django": """
info [21/Nov/2026 01:02:03] "GET /admin/ HTTP/1.1" 200 12
warning [21/Nov/2026 01:02:03] "GET /favicon.ico HTTP/1.1" 404 2345
error ERROR 2026-11-21 01:02:03,123 views 1234 139 Internal Server Error: /
warning WARNING:django.request:Not Found: /x~
info INFO 2026-11-21 01:02:03,123 autoreload 12 139 Watching for file changes with StatReloader
""",
    "Monolog": """
error [2026-11-21 01:02:03] production.ERROR: Undefined variable $x {"exception":"[object]"}
info [2026-11-21T01:02:03.123456+00:00] app.INFO: Matched route "home". {"route":"home"} []
fatal [2026-11-21T01:02:03.123456+00:00] request.CRITICAL: Uncaught PHP Exception {"exception":"x"} []
notice [2026-11-21T01:02:03.123456+00:00] app.NOTICE: x [] []
fatal [2026-11-21 01:02:03] local.EMERGENCY: Unable to create configured logger {"level":"info"}
""",
    "PHP-FPM": """
notice [21-Nov-2026 01:02:03] NOTICE: ready to handle connections
warning [21-Nov-2026 01:02:03] WARNING: [pool www] server reached pm.max_children setting (5)
fatal [21-Nov-2026 01:02:03 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function x() in /srv/a.php:3
warning [21-Nov-2026 01:02:03 UTC] PHP Warning:  Undefined variable $x in /srv/a.php on line 3
notice [21-Nov-2026 01:02:03 UTC] PHP Notice:  Undefined index: x in /srv/a.php on line 3
error [21-Nov-2026 01:02:03 UTC] PHP Parse error:  syntax error, unexpected token in /srv/a.php on line 3
- [21-Nov-2026 01:02:03 UTC] PHP Deprecated:  Function x() is deprecated in /srv/a.php on line 3
- 127.0.0.1 -  21/Nov/2026:01:02:03 +0000 "GET /index.php" 200
""",
    "node": """
info {"level":30,"time":1795222923123,"pid":12,"hostname":"web","msg":"hello"}
error {"level":50,"time":1795222923123,"pid":12,"hostname":"web","err":{"type":"Error","message":"x"},"msg":"x"}
info {"name":"app","hostname":"web","pid":12,"level":30,"msg":"hi","time":"2026-11-21T01:02:03.123Z","v":0}
error {"level":"error","message":"boom","timestamp":"2026-11-21T01:02:03.123Z"}
info {"message":"the level is high","level":"info","timestamp":"2026-11-21 01:02:03"}
info 2026-11-21T01:02:03.123Z [info]: server started
warning 2026-11-21 01:02:03 warn: slow
info info: server started~
error [2026-11-21T01:02:03.123Z] ERROR: app/1234 on web: boom
info [Nest] 1234  - 11/21/2026, 1:02:03 AM     LOG [NestFactory] Starting Nest application...
error [Nest] 1234  - 11/21/2026, 1:02:03 AM   ERROR [ExceptionsHandler] boom
info [01:02:03.123] INFO (1234): hello~
""",
    "Go": """
info {"level":"info","ts":1795222923.123,"caller":"main.go:12","msg":"started"}
fatal {"level":"fatal","ts":"2026-11-21T01:02:03.123Z","caller":"main.go:12","msg":"x"}
info 2026-11-21T01:02:03.123Z\tINFO\tmain.go:12\tstarted\t{"port": 80}
error 2026-11-21T01:02:03.123Z\terror\tservice@v0.1.0/x.go:12\tfailed\t{"kind": "exporter"}
info {"level":"info","service":"api","time":"2026-11-21T01:02:03Z","message":"started"}
info 2026-11-21T01:02:03Z INF started port=80
debug 2026-11-21T01:02:03Z DBG x.go:12 > cache miss key=1
warning time="2026-11-21T01:02:03Z" level=warning msg="A group of walrus" number=122 omg=true
info INFO[0000] A group of walrus emerges from the ocean  animal=walrus size=10~
error ERRO[0001] boom  error="x"~
info time=2026-11-21T01:02:03.123Z level=INFO msg=hello count=3
info {"time":"2026-11-21T01:02:03.123456789Z","level":"INFO","msg":"hello","count":3}
info 2026/11/21 01:02:03 INFO hello count=3
- 2026/11/21 01:02:03 http: TLS handshake error from 192.0.2.1:1234: EOF
- 2026/11/21 01:02:03 main.go:12: hello
info [GIN-debug] [INFO] x~
- [GIN] 2026/11/21 - 01:02:03 | 500 |     1.2ms |  192.0.2.1 | GET      "/"
info ts=2026-11-21T01:02:03.123Z caller=main.go:12 level=info component=web msg="Start listening"
error caller=main.go:12 ts=2026-11-21T01:02:03.123Z level=error err="x"
info 2026-11-21T01:02:03.123Z [INFO]  agent: Synced node info
warning 2026-11-21T01:02:03.123Z [WARN]  agent.server.raft: heartbeat timeout reached
""",
    "dotnet": """
info {"@t":"2026-11-21T01:02:03.1234567Z","@mt":"Hello, {Name}","Name":"x","@l":"Information"}
error {"@t":"2026-11-21T01:02:03.1234567Z","@mt":"Failed","@l":"Error","@x":"System.Exception: x"}
error {"Timestamp":"2026-11-21T01:02:03.1234567+00:00","Level":"Error","MessageTemplate":"x"}
info 2026-11-21 01:02:03.123 +00:00 [INF] Application started
fatal 2026-11-21 01:02:03.123 +00:00 [FTL] Host terminated unexpectedly
trace 2026-11-21 01:02:03.123 +00:00 [VRB] x
debug 2026-11-21 01:02:03,123 [1] DEBUG Namespace.Class [(null)] - Message
error 2026-11-21 01:02:03,123 [Worker-1] ERROR Namespace.Class - Message
info 2026-11-21 01:02:03.1234|INFO|Namespace.Class|Message
fatal 2026-11-21 01:02:03.1234|FATAL|Namespace.Class|Message
warning 2026-11-21 01:02:03.1234 WARN Namespace.Class Message
fatal crit: Microsoft.AspNetCore.Server.Kestrel[0]~
trace trce: Microsoft.Extensions.Hosting[0]~
""",
    "Java": """
info [2026-11-21T01:02:03,123][INFO ][o.e.c.s.ClusterSettings  ] [node-1] updating [cluster.routing]
warning [2026-11-21T01:02:03,123][WARN ][o.e.m.j.JvmGcMonitorService] [node-1] [gc][young][12] overhead, spent [1s]
info [2026-11-21 01:02:03,123] INFO [KafkaServer id=1] started (kafka.server.KafkaServer)
error [2026-11-21 01:02:03,123] ERROR Error while reading checkpoint file /x (kafka.server.LogDirFailureChannel)
info INFO  [main] 2026-11-21 01:02:03,123 CassandraDaemon.java:634 - Startup complete
warning WARN  [epollEventLoopGroup-5-1] 2026-11-21 01:02:03,123 PreV5Handlers.java:261 - Unknown exception
debug DEBUG [SSTableBatchOpen:1] 2026-11-21 01:02:03,123 SSTableReader.java:535 - Opening
info 2026-11-21 01:02:03.123  INFO 12345 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat started
info 2026-11-21T01:02:03.123Z  INFO 1 --- [shop] [           main] o.e.App : Started
warning 2026-11-21 01:02:03,123 WARN  [org.jboss.as.ejb3] (MSC service thread 1-2) WFLYEJB0473
info 21-Nov-2026 01:02:03.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in 1234 ms
info INFO: Server startup in 1234 ms~
error SEVERE: Error listenerStart~
- Nov 21, 2026 1:02:03 AM org.apache.catalina.core.StandardContext startInternal
info 01:02:03.123 [main] INFO  org.example.App - started~
- [2026-11-21T01:02:03.123+0000][12][gc,start    ] GC(0) Pause Young (Normal) (G1 Evacuation Pause)
info [2026-11-21T01:02:03.123+0000][info][gc] GC(0) Pause Young (Normal) 24M->3M(256M) 2.3ms
info [0.005s][info][gc] Using G1~
info {"@timestamp":"2026-11-21T01:02:03.123Z","@version":"1","message":"Started","logger_name":"o.e.App","level":"INFO","level_value":20000}
warning {"@timestamp":"2026-11-21T01:02:03.123Z","log.level":"WARN","message":"x","ecs.version":"1.2.0"}
error {"@timestamp":"2026-11-21T01:02:03.123Z","log":{"level":"error","logger":"x"},"message":"x"}
""",
    "Rust": """
info [2026-11-21T01:02:03Z INFO  app] starting up
debug [2026-11-21T01:02:03Z DEBUG app::db] connect
info 2026-11-21T01:02:03.123456Z  INFO app: started port=80
warning 2026-11-21T01:02:03.123456Z  WARN request{method=GET path="/"}: app::web: slow
error 2026-11-21T01:02:03.123456Z ERROR ThreadId(01) app: boom
info {"timestamp":"2026-11-21T01:02:03.123456Z","level":"INFO","fields":{"message":"x"},"target":"app"}
info Nov 21 01:02:03.123 INFO slow, version: 1
error thread 'main' panicked at src/main.rs:2:5:~
""",
    "BEAM": """
info 01:02:03.123 [info] GET /~
error 01:02:03.123 [error] GenServer #PID<0.1.0> terminating~
info 2026-11-21 01:02:03.123 [info] Running AppWeb.Endpoint with Bandit 1.0
info 2026-11-21 01:02:03.123456+00:00 [info] <0.222.0>  Starting RabbitMQ 3.13.0 on Erlang 26.2
warning 2026-11-21 01:02:03.123 [warning] <0.222.0> @rabbit_alarm: memory alarm
notice 2026-11-21T01:02:03.123456+00:00 [notice] application: kernel
info =INFO REPORT==== 21-Nov-2026::01:02:03.123 ===
""",
    "Python": """
info 2026-11-21 01:02:03,123 - shop.http - INFO - [req-1] GET / 200
info INFO:     Started server process [1]~
error ERROR:    Exception in ASGI application~
info 2026-11-21 01:02:03.123 | INFO     | app.main:run:12 - started
info [2026-11-21 01:02:03 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)
error [2026-11-21 01:02:03,123: ERROR/ForkPoolWorker-1] Task x raised unexpected: ValueError()
info [2026-11-21 01:02:03,123] {taskinstance.py:1234} INFO - Marking task as SUCCESS
info [2026-11-21T01:02:03.123+0000] {scheduler_job.py:123} INFO - Heartbeat
info 2026-11-21 01:02:03 [info     ] hello                          key=1
warning 2026-11-21 01:02:03 [warning  ] careful
info {"event": "hello", "level": "info", "timestamp": "2026-11-21T01:02:03.123456Z"}
warning {"asctime": "2026-11-21 01:02:03,123", "name": "x", "levelname": "WARNING", "message": "y"}
info [I 2026-11-21 01:02:03.123 ServerApp] Serving
error 2026-11-21 01:02:03 [scrapy.core.scraper] ERROR: Spider error processing <GET http://x>
info 2026-11-21 01:02:03 [scrapy.utils.log] INFO: Scrapy 2.11 started
""",
    "systems": """
info 2026-11-21T01:02:03.123456789Z stdout F 2026-11-21T01:02:03.123Z INFO up
warning 2026-11-21T01:02:03.123456789Z stderr F W1121 01:02:03.123456       1 x.go:1] slow
info 2026-11-21T01:02:03.123456789Z stdout F 10.0.0.1 - - [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 200 12
info 2026-11-21 01:02:03 etcdserver: INFO published
info {"level":"info","ts":"2026-11-21T01:02:03.123Z","caller":"etcdserver/server.go:1","msg":"x"}
info [INFO] 10.244.0.1:1234 - 1 "A IN example.com. udp 35 false 512" NOERROR qr,rd,ra 68 0.01s~
- 21-Nov-2026 01:02:03.123 queries: client @0x7f 192.0.2.1#123 (example.com): query: example.com IN A +
- 2026-11-21 01:02:03 status installed libc6:amd64 2.36-9
- 1795222923.123     12 192.0.2.1 TCP_MISS/200 1234 GET http://example.com/ - HIER_DIRECT/192.0.2.2 text/html
- 2026-11-21 01:02:03 1qXyzA-0001Ab-2C <= a@example.com H=x [192.0.2.1] P=esmtps S=1234
notice 2026-11-21 01:02:03,123 fail2ban.actions        [812]: NOTICE  [sshd] Ban 192.0.2.1
info 2026-11-21 01:02:03,123 fail2ban.filter         [812]: INFO    [sshd] Found 192.0.2.1
info Sat Nov 21 01:02:03 2026 [pid 3] INFO x
notice Nov 21 01:02:03.000 [notice] Tor 0.4.8.9 opening log file.
info 2026-11-21T01:02:03.123456Z [INFO] vault: x
- 2026-11-21T01:02:03.123 [0x000012] -I- x
info 2026-11-21 01:02:03.123 INFO [12:34] c.e.X: x
info 26-11-21 01:02:03 INFO x
error 11/21/2026 01:02:03 ERROR x
info Nov 21, 2026 1:02:03 AM UTC INFO x
""",
    **PLACES,
    **{f"times: {name}": rows for name, rows in FORMS.items()},
}
