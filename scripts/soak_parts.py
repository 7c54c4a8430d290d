"""What `scripts/soak` is made of: a receiver, one process of the server, load, the verdict, and a proxy that cuts."""
import collections, contextlib, http.client, json, os, random, socket, subprocess, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "flyt_platform_" + "s" * 40


class Receiver:
    """Answers every call with 204 and remembers who was told of what, when."""

    def __init__(self):
        self.lock, self.seen, self.at = threading.Lock(), collections.defaultdict(list), {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                with outer.lock:
                    name = json.loads(body)["booking"]
                    outer.seen[name].append(self.headers["webhook-id"])
                    outer.at.setdefault(name, time.time())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 256

            def handle_error(self, *_):
                pass  # a killed server hangs up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self):
        with self.lock:
            return len(self.seen)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Flyt:
    """One process of the server."""

    all = []  # what was started, so that nothing is left behind

    def __init__(self, binary, data, database=None, args=()):
        self.binary, self.data, self.database, self.args = binary, data, database, list(args)
        self.proc, self.log_at = None, None
        Flyt.all.append(self)
        os.makedirs(data, exist_ok=True)

    def spawn(self, log=None):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        where = ["--database-url", self.database] if self.database else ["--data", self.data]
        env = {**os.environ, "FLYT_PLATFORM_KEY": KEY, "FLYT_EGRESS_ALLOW": "127.0.0.0/8", "FLYT_LOG": "warn",
               "FLYT_SECRET_KEY": "soak"}
        self.log_at = (log or self.data.rstrip("/")) + ".log"
        self.log = open(self.log_at, "ab")
        self.proc = subprocess.Popen([self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", *where, *self.args], env=env,
                                     stdout=self.log, stderr=self.log, start_new_session=True)
        self.log.close()
        return self

    def start(self, within=60):
        self.spawn()
        until = time.monotonic() + within
        while time.monotonic() < until:
            if self.proc.poll() is not None:
                raise RuntimeError(f"ended with {self.proc.returncode}: {self.tail()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.call("GET", "/health/live")[0] == 200:
                    return self
            time.sleep(0.02)
        raise RuntimeError("did not start: " + self.tail())

    def tail(self):
        with open(self.log_at, "rb") as f:
            return f.read()[-600:].decode("utf8", "replace")

    def call(self, method, path, body=None, business="soak", timeout=30, conn=None, **headers):
        """(status, object, headers); OSError when there is no answer."""
        own = conn or http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        h = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json", **headers}
        if business:
            h["Flyt-Business"] = business
        own.request(method, path, None if body is None else json.dumps(body), h)
        answer = own.getresponse()
        data = answer.read()
        if conn is None:
            own.close()
        with contextlib.suppress(ValueError):
            return answer.status, json.loads(data) if data else None, answer.headers
        return answer.status, data, answer.headers

    def made(self, method, path, body, business="soak"):
        status, answer, _ = self.call(method, path, body, business)
        if status not in (200, 201):
            raise RuntimeError(f"{method} {path} -> {status} {answer}")
        return answer

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()

    def rss(self):
        with open(f"/proc/{self.proc.pid}/status") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))


def set_up(flyt, receiver, slug="soak"):
    flyt.made("POST", "/v1/businesses", {
        "slug": slug, "name": slug, "time_zone": "Europe/Oslo", "languages": ["nb"], "currency": "NOK", "country": "NO",
        "guards": {"per_recipient_and_booking_per_hour": None}}, None)
    flyt.made("POST", "/v1/workflows", {
        "name": "W", "enabled": True, "triggers": [{"type": "booking.created"}],
        "actions": [{"type": "webhook", "url": receiver.url, "signing": False,
                     "body": {"json": '{"booking": {{ booking.external_id }}}'}}]}, slug)


def booking(name):
    return {"external_id": name, "customer": {"first_name": "Kari", "email": name + "@check.example"},
            "service": {"external_id": "cut", "name": "Klipp", "duration_minutes": 30}, "start": "2036-12-01T10:00:00Z"}


class Load:
    """Threads that book until told to stop; what was not answered is asked again with the same key until it is."""

    def __init__(self, servers, at_once=8, prefix="b", business="soak", pause=0.0, patient=True):
        self.servers, self.prefix, self.business, self.pause, self.patient = servers, prefix, business, pause, patient
        self.acked, self.refused, self.lock, self.over = {}, collections.Counter(), threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(at_once)]
        for thread in self.threads:
            thread.start()

    def run(self, thread):
        number, conn, port = 0, None, None
        while not self.over.is_set():
            number += 1
            name = f"{self.prefix}-{thread}-{number}"
            asked, until = time.time(), time.monotonic() + 120
            while time.monotonic() < until:
                server = random.choice(self.servers)
                try:
                    if conn is None or port != server.port:
                        port, conn = server.port, http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                    status, _, headers = server.call("POST", "/v1/bookings", booking(name), self.business, conn=conn,
                                                     **{"Idempotency-Key": name})
                except (OSError, http.client.HTTPException):
                    conn = None
                    time.sleep(0.02)
                    continue
                if status in (200, 201):
                    with self.lock:
                        self.acked[name] = asked
                    break
                with self.lock:
                    self.refused[status] += 1
                if not self.patient:
                    break
                time.sleep(0.05)
            time.sleep(self.pause)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(150)
        return self.acked


def judge(receiver, acked, within):
    """Waits until everything answered has come. (lost, doubled, doubled under another id)"""
    until = time.monotonic() + within
    missing = set(acked)
    while missing and time.monotonic() < until:
        time.sleep(0.2)
        with receiver.lock:
            missing = {name for name in missing if name not in receiver.seen}
    with receiver.lock:
        twice = [ids for name, ids in receiver.seen.items() if len(ids) > 1]
    return len(missing), len(twice), sum(len(set(ids)) > 1 for ids in twice)


class Proxy:
    """Carries bytes between a client and the database until it is told to cut."""

    def __init__(self, target):
        self.target, self.open, self.cuts, self.lock = target, set(), 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                if self.listener.fileno() < 0:
                    return
                continue
            with self.lock:
                self.open.add((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    @staticmethod
    def carry(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(1 << 14):
                b.sendall(data)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def cut(self):
        with self.lock:
            pairs, self.open = self.open, set()
        for pair in pairs:
            self.cuts += 1
            for s in pair:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()
        self.cut()
