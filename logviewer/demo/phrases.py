"""The texts of the demo logs: pages, queries, host and proxy messages, traces, chats, deploys.

§order§ stands for the order number of a scene.
"""

PAGES = (
    "/",
    "/products",
    "/products?page=2&sort=price",
    "/products/burr-grinder-64",
    "/products/gooseneck-kettle",
    "/products/moka-pot-06",
    "/products/caf%C3%A9-set-blue",
    "/search?q=%E3%82%B3%E3%83%BC%E3%83%92%E3%83%BC",
    "/search?q=grinder",
    "/cart",
    "/account/orders",
    "/api/cart/items",
    "/static/app.4f1c9e.css",
    "/static/app.4f1c9e.js",
    "/static/img/hero-1600.webp",
)

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 15) {_WEBKIT} Mobile Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1",
    "shop-app/7.2.0 (Android 15)",
)

SQL = (
    "SELECT i.sku, i.quantity FROM cart_items i WHERE i.order_id = $1",
    "SELECT sum(quantity * price) FROM cart_items WHERE order_id = $1",
    "UPDATE stock SET reserved = reserved + $2 WHERE sku = $1",
    "SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20",
)

# job, queue
JOBS = (
    ("resize_image", "media"),
    ("sync_stock", "stock"),
    ("index_product", "search"),
    ("send_newsletter", "mail"),
    ("print_label", "shipping"),
    ("expire_carts", "cron"),
)

_SSH = '[origin ip="192.0.2.11" software="sshd"]'
_CLOCK = '[timeQuality tzKnown="1" isSynced="1"]'
_PROBE = r'[probe@32473 target="shop.example.com" expect="body contains \"ok\""]'

# priority, "host app process message-id", structured data, message
HOST_MESSAGES = (
    (36, "web-1 sshd 4021 -", _SSH, "Failed password for invalid user admin from {ip} port 51{n} ssh2"),
    (38, "web-1 sshd 4188 -", _SSH, "Accepted publickey for deploy from 192.0.2.40 port 52{n} ssh2"),
    (38, "web-1 sshd 4188 -", _SSH, "Disconnected from user deploy 192.0.2.40 port 52{n}"),
    (78, "web-1 CRON 2877 -", "-", "(root) CMD (/usr/lib/sysstat/debian-sa1 1 1)"),
    (30, "web-1 systemd 1 -", "-", "logrotate.service: Deactivated successfully."),
    (30, "web-2 systemd 1 -", "-", "Started apt-daily.service - Daily apt download activities."),
    (29, "web-2 systemd 1 -", "-", "session-{n}.scope: Consumed 1.{n}s CPU time."),
    (4, "web-2 kernel - -", "-", "[UFW BLOCK] IN=eth0 OUT= SRC={ip} DST=192.0.2.12 PROTO=TCP DPT=23"),
    (134, "db-1 postgres 2209 checkpoint", "-", "LOG:  checkpoint complete: wrote {n} buffers (2.4%)"),
    (134, "db-1 postgres 2216 -", "-", "LOG:  connection authorized: user=shop database=shop"),
    (135, "web-1 chronyd 611 -", _CLOCK, "System clock wrong by 0.000{n} seconds"),
    (134, "cache-1 redis 733 rdb", '[cache@32473 db="0"]', "DB saved on disk, {n} keys changed"),
    (133, "mon-1 alerts 990 PROBE", _PROBE, "shop.example.com: 200 in {n} ms"),
)

_MISSING = "failed (2: No such file or directory), client: {ip}, server: shop.example.com"
_BODY = "a client request body is buffered to a temporary file /var/cache/nginx/client_temp/000{n}"
_LIMIT = 'limiting requests, excess: 20.{excess:03d} by zone "perip", client: {ip}, server: shop.example.com'

# level, message, its request (may be empty), status of the response
PROXY_MESSAGES = (
    ("error", f'open() "/srv/www/wp-login.php" {_MISSING}', "GET /wp-login.php", 404),
    ("error", f'open() "/srv/www/.env" {_MISSING}', "GET /.env", 404),
    ("error", _LIMIT, "GET /search?q=grinder&page=81", 429),
    ("warn", f"{_BODY}, client: {{ip}}", "", 0),
    ("crit", "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share), client: {ip}", "", 0),
    ("info", "client {ip} closed keepalive connection", "", 0),
)

NO_ANSWER = "upstream timed out (110: Connection timed out) while reading response header from upstream"
HUNG_UP = "upstream prematurely closed connection while reading response header from upstream"
NOT_UP = "connect() failed (111: Connection refused) while connecting to upstream"

REFUSED_TRACE = """\
Traceback (most recent call last):
  File "/srv/shop/shop/payments.py", line 88, in charge
    response.raise_for_status()
  File "/srv/shop/.venv/lib/python3.11/site-packages/httpx/_models.py", line 829, in raise_for_status
    raise HTTPStatusError(message, request=request, response=self)
httpx.HTTPStatusError: Server error '503 Service Unavailable' for url 'https://api.acquirer.example/v1/charges'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/shop/checkout.py", line 141, in pay
    charge = await self.payments.charge(order, idempotency_key=request.id)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/payments.py", line 93, in charge
    raise PaymentUnavailable(order.number, attempts=3) from error
shop.errors.PaymentUnavailable: order §order§: the provider answered 503 three times"""

TIMEOUT_TRACE = """\
Traceback (most recent call last):
  File "/srv/shop/shop/checkout.py", line 118, in load_cart
    rows = await cursor.execute(CART_ITEMS, (order.id,))
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/.venv/lib/python3.11/site-packages/psycopg/cursor_async.py", line 97, in execute
    raise ex.with_traceback(None)
psycopg.errors.QueryCanceled: canceling statement due to statement timeout"""

# language, question of the customer, answer of the agent
CHATS = (
    (
        "ja",
        "こんにちは。注文§order§の配送状況を教えてください。",
        "本日発送済みです。追跡番号をメールでお送りしました📦",
    ),
    ("ja", "ｻｲｽﾞ ２３．５ｃｍ は在庫ありますか？", "はい、残り３点ございます。"),
    ("zh", "请问订单 §order§ 什么时候发货？", "您好，预计明天下午发货，谢谢您的耐心 🙏"),
    ("ko", "주문 §order§ 배송지를 바꿀 수 있나요?", "네, 아직 변경할 수 있습니다 👍🏽"),
    ("ar", "مرحبا، أين طلبي رقم §order§؟", "طلبك في الطريق وسيصل غدًا إن شاء الله"),
    ("he", "שלום, האם אפשר להחליף צבע בהזמנה §order§?", "כן, שינינו לכחול (blue) 💙"),
    ("hi", "क्या ऑर्डर §order§ आज आ जाएगा?", "जी हाँ, शाम 6 बजे तक पहुँच जाएगा।"),
    ("th", "ขอใบเสร็จของคำสั่งซื้อ §order§ ได้ไหมคะ", "ได้ค่ะ ส่งให้ทางอีเมลแล้ว 😊"),
    (
        "fr",
        "Le cafe\u0301 moulu de la commande §order§ est-il de\u0301ja\u0300 expe\u0301die\u0301 ?",
        "Oui, il part a\u0300 16 h ☕️",
    ),
    ("vi", "Đơn hàng §order§ giao ngày nào vậy?", "Dạ, thứ Năm ạ. Cảm ơn chị 🌸"),
    (
        "ru",
        "Можно ли вернуть товар из заказа §order§?",
        "Да, в течение 14 дней. Ссылка отправлена на почту ✅",
    ),
    (
        "en",
        "Can I add a gift note to order §order§? It is for my parents 👩‍👩‍👧‍👦",
        "Done 🎁 It ships from 🇳🇱 today",
    ),
    ("pl", "Czy mogę zapłacić za zamówienie §order§ przelewem?", "Tak, dane do przelewu są w e-mailu 💳"),
)

COMPLAINTS = (
    ("ja", "注文 §order§ の決済が何度も失敗します😢 カードは有効です。"),
    ("zh", "订单 §order§ 付款失败，页面显示 502 错误 😡"),
    ("ko", "주문 §order§ 결제가 계속 실패해요 ㅠㅠ"),
    ("ar", "لا أستطيع الدفع للطلب §order§ ❌ الصفحة تعرض خطأ"),
    ("he", "התשלום עבור הזמנה §order§ נכשל שוב"),
    ("de", "Bestellung §order§: Zahlung schlägt fehl, wurde trotzdem abgebucht? 💳❓"),
    ("es", "No puedo pagar el pedido §order§, sale «Bad Gateway» 😟"),
    ("hi", "ऑर्डर §order§ का भुगतान नहीं हो रहा है ⚠️"),
    ("en", "Order §order§ will not go through, I tried three times 🤷🏻‍♀️"),
)

# delay in seconds | colour (SGR) | symbol, or progress in percent | text
RELEASE = """
0.0|1;36|▶|deploy shop {old} → {new} to production, started by ci
0.3|34|·|commit {commit} on main, 7 files changed
0.4|32|+|shop/checkout.py       41 lines
0.4|32|+|shop/cart.py           18 lines
0.4|31|-|shop/legacy_cart.py    96 lines
0.9|32|✔|tests green (1,204 passed in 2 min 11 s)
1.2|34|·|building image registry.example.com/shop:{new}
2.0|36|10|build
2.8|36|30|build
3.9|36|55|build
5.2|36|80|build
6.1|36|100|build
6.4|32|✔|image pushed, 184 MB, sha256:{digest}
6.9|34|·|migrations: 2 to run
7.8|32|✔|0231_order_channel (0.8 s)
10.4|33|!|0232_cart_items_note took 2.6 s; it dropped cart_items_order_id_idx
"""

HOTFIX = """
0.0|1;35|▶|hotfix shop {old} → {new} to production, started by on-call
0.3|34|·|commit {commit} on hotfix/second-acquirer, 2 files changed
0.4|32|+|shop/payments.py       23 lines
0.4|31|-|shop/payments.py        4 lines
0.9|33|!|tests skipped but shop/payments (188 passed in 9 s)
1.2|34|·|building image registry.example.com/shop:{new}
2.1|36|35|build
4.4|36|70|build
6.2|36|100|build
6.6|32|✔|image pushed, 184 MB, sha256:{digest}
7.0|31|✘|lock held by nightly-report, waiting
9.8|32|✔|lock free, no migrations
"""

DEPLOY_HOST = """
0.0|1;34|→|{host}: draining, 14 requests in flight
1.1|36|50|{host} drain
2.0|36|100|{host} drain
2.3|34|·|{host}: stopping shop {old}
3.1|34|·|{host}: starting shop {new}
4.2|33|!|{host}: health check 1 of 5: connection refused, again in 1 s
5.3|36|40|{host} health
6.4|36|80|{host} health
7.4|36|100|{host} health
7.6|32|✔|{host}: healthy, back in the pool
"""

DEPLOY_END = """
0.0|34|·|smoke tests against https://shop.example.com
0.9|32|✔|GET /healthz 200 in 9 ms
1.3|32|✔|GET /products 200 in 31 ms
2.2|32|✔|POST /api/orders (test card) 201 in 402 ms
2.6|38;5;208|★|release notes posted to #shop-releases
3.0|1;38;2;80;200;120|✔|shop {new} is live on 2 of 2 hosts after 31 s
"""
