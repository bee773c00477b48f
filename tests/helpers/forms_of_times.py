"""Lines with the time of ``kinds_of_lines`` in each form that programs write, and lines that only look so."""

FORMS: dict[str, str] = {
    "order of the date": """
- 21-NOV-2026 01:02:03 * (CONNECT_DATA=(SERVICE_NAME=x)) * establish
- nov 21 01:02:03 web app[1]: x
- 2026-Nov-21 01:02:03.123 x
- 21-Nov-26 01:02:03 x
- 21/Nov/26:01:02:03 x
- 21. Nov 2026 01:02:03 x
- Nov. 21, 2026 1:02:03 AM x
- nov. 21 01:02:03 app systemd[1]: x
- 21 Nov 01:02:03 ntpd[7]: x
- nov/21/2026 01:02:03 system started
info INFO [11-21|01:02:03.122] Imported
- 11/21-01:02:03.025633  [**] [1:1:1] x
- 11,11/21/26,01:02:03,Renew,x
- [11/21/26 1:02:03:513 UTC] x
- 13,11/21/26,01:02:03,x
- 21/11/2026 -- 01:02:03 - x
- "2026-11-21","01:02:03","x"
- 21.11.26 01:02:03 x
- ::ffff:192.0.2.1 - - [21/11/2026:01:02:03 +0000] x
""",
    "apart": """
notice date=2026-11-21 time=02:02:03 tz="+0100" level="notice"
notice date=2026-11-21 time=01:02:03 devname=x level=notice
info [2026-11-21][01:02:03][shop::pay][INFO] paid
- [01:02:03 2026-11-21] x
- 01:02:03 21.11.2026 x
- <![LOG[x]LOG]!><time="01:02:03.428+000" date="11-21-2026" component="x" type="1">
info msg="x" prio="Info" ts="1795222923.233"
- CEF:0|A|B|1|2|x|1|act=y rt=1795222923242 src=192.0.2.1
- CEF:0|A|B|1|2|x|1|OWNutcTime=2026-11-21T01:02:03.816Z msg=x
- <Event xmlns='x'><System><TimeCreated SystemTime='2026-11-21T01:02:03.871141987Z'/></System></Event>
- [pid: 7|app: 0|req: 1/9] 192.0.2.1 () {36 vars in 428 bytes} [Sat Nov 21 01:02:03 2026] GET /
info  INFO: [Nov 21 01:02:03.388] ready
-  21 Nov 01:02:03 ntpd[7]: x
""",
    "digits": """
error lxc web 20261121010203.872 ERROR    start - x
- 76509:20261121:010203.551 started
-  5493:20261121:010203.551 started
error [7:9:1121/010203.533692:ERROR:a.cc(5)] x
info I261121 01:02:03.818870 186 1@a/b.go:7 x
- 20261121010203 x
- @400000006b00ed9500000000 x
- 6b00ed8b.00000001 0x7f38 conn=1
- 2026-325T01:02:03Z x
- 2026-11-21T01-02-03Z x
- 1234567 bytes~
- deadbeef.00000001 in memory~
""",
    "zones": """
- 2026-11-21 02:02:03.123 CET [7] x
- 2026-11-20 22:02:03 -03 [7] x
- 2026-11-20 20:02:03 EST x
- Fri Nov 20 17:02:03 PST 2026 x
- 2026-11-21 03:02:03 GMT+2 x
- 2026-11-21 06:32:03 UTC+05:30 x
info 2026-11-21-02.02.03.144533+060 I373663E207           LEVEL: Info
- Sat 2026-11-21 02:02:03 CET mail systemd[1]: x
- 2026-11-21 01:02:03 IST x~
info [Nest] 7  - 11/21/2026, 1:02:03\u202fAM     LOG [x] y
- \ufeff2026-11-21 01:02:03 x
""",
    "fields": """
- {"time_local":"21/Nov/2026:02:02:03 +0100","x":1}
- {"__REALTIME_TIMESTAMP":"1795222923123456","MESSAGE":"x"}
- {"instant":{"epochSecond":1795222923,"nanoOfSecond":123000000}}
- {"timestampSeconds":"1795222923","timestampNanos":123000000}
- {"timeUnixNano":"1795222923123456789"}
- {"requestReceivedTimestamp":"2026-11-21T01:02:03.123456Z"}
- {"created":1795222923.12,"name":"x"}
- {"T":"2026-11-21T01:02:03Z"}
- {"date":"2026-11-21","time":"01:02:03"}
- {"record":{"time":{"repr":"x","timestamp":1795222923.5}}}
- {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795222923123456789"}]}]}]}
- {"published":"2026-11-21T01:02:03Z"}
- {"datetime":{"date":"2026-11-21 01:02:03.000000","timezone":"UTC"}}
- {"expirytime":"2026-11-21T01:02:03Z"}~
- {"request_time":"0.045","duration":1.5}~
- {"user":{"created":1795222923}}~
-   {"ts":"2026-11-21T01:02:03Z"}
""",
}
