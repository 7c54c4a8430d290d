"""What no generated call can reach: operations that need a person with a cookie, a link out of a message, or a message that has
just failed. Walked once by hand, before Schemathesis, in a business of its own; answers which operations said 2xx."""
import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = "tre røde hester på en bro"


class Browser:
    """One who keeps a cookie and comes from our own page."""

    def __init__(self, url, good):
        self.url, self.good, self.cookie = url, good, None

    def call(self, operation, method, path, body=None):
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text, cookie = answer.read(), answer.headers.get("Set-Cookie")
        except urllib.error.HTTPError as refused:
            raise SystemExit(f"{operation}: {refused.code} {refused.read()[:500]}") from refused
        if cookie:
            self.cookie = cookie.split(";")[0]
        self.good.add(operation)
        return json.loads(text) if text.startswith((b"{", b"[")) else text


def code(secret):
    """The one-time code of now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def people(server, folder, binary, good):
    token = re.search(r"first-start#(\w+)", (folder / "server.log").read_text())[1]
    kari, again = Browser(server.url, good), Browser(server.url, good)
    account = {"email": "kari@walk.example", "password": PASSWORD}
    kari.call("firstStart", "POST", "/v1/session/first-start", {"token": token, "name": "Kari", **account})
    again.call("beginSession", "POST", "/v1/session", account)
    kari.call("readSession", "GET", "/v1/session")
    kari.call("changeSession", "PATCH", "/v1/session", {"language": "nb"})
    others = [s for s in kari.call("listSessions", "GET", "/v1/sessions")["data"] if not s["current"]]
    kari.call("endOneSession", "DELETE", f"/v1/sessions/{others[0]['id']}")
    kari.call("endOtherSessions", "DELETE", "/v1/sessions")
    secret = kari.call("beginTotp", "POST", "/v1/session/totp")["secret"]
    kari.call("confirmTotp", "POST", "/v1/session/totp/confirm", {"code": code(secret)})
    kari.call("endTotp", "DELETE", "/v1/session/totp", {"password": PASSWORD})
    kari.call("askReset", "POST", "/v1/session/reset", {"email": account["email"]})
    told = subprocess.run([binary, "users", "reset", account["email"], "--data", folder / "data"], check=True,
                          capture_output=True, text=True).stdout
    link = re.search(r"reset#(\w+)", told)[1]
    kari.call("setPassword", "POST", "/v1/session/password", {"token": link, "password": PASSWORD + "!"})
    return kari


def invited(server, kari, good):
    status, user = server.call("POST", "/v1/users", {"email": "ola@walk.example", "role": "viewer"})
    assert status == 201, user
    status, user = server.call("POST", f"/v1/users/{user['id']}/invitation")
    assert status == 200, user
    good.add("inviteUserAgain")
    token = user["invitation"]["url"].split("#")[1]
    ola = Browser(server.url, good)
    ola.call("readInvitation", "GET", f"/v1/session/invitation?token={token}")
    ola.call("acceptInvitation", "POST", "/v1/session/invitation", {"token": token, "name": "Ola", "password": PASSWORD})
    ola.call("endSession", "DELETE", "/v1/session")


def messages(server, good):
    actions = [{"type": "sms", "to": ["customer"], "content": {"nb": {"text": "{{ links.confirm }} {{ links.ics }}"}}},
               {"type": "webhook", "url": "http://10.0.0.1:9/hook"}]
    for path, body in (
        ("/v1/workflows", {"name": "Lenker", "enabled": True, "triggers": [{"type": "booking.created"}], "actions": actions}),
        ("/v1/bookings", {"customer": {"first_name": "Kari", "phone": "+4790000001"}, "service": {"external_id": "klipp", "name": "Klipp"},
                          "start": "2026-10-20T10:00:00Z", "end": "2026-10-20T11:00:00Z"}),
        ("/v1/test-clock", {"now": server.call("GET", "/v1/test-clock")[1]["now"]}),
    ):
        status, answer = server.call("POST", path, body)
        assert status in (200, 201), answer
    rows = {m["channel"]: m for m in server.call("GET", "/v1/messages")[1]["data"]}
    links = re.findall(r"/l/[\w-]+", rows["sms"]["text"])
    customer = Browser(server.url, good)
    customer.call("openLink", "GET", links[0])
    customer.call("actOnLink", "POST", links[0], {"act": "confirm"})
    customer.call("linkCalendar", "GET", links[-1] + "/calendar.ics")
    status, answer = server.call("POST", f"/v1/steps/{rows['webhook']['step_id']}/retry")
    assert status in (200, 202, 204), answer
    good.add("retryStep")


def walk(server, folder, binary):
    """The names of the operations that answered 2xx."""
    good = set()
    kari = people(server, folder, binary, good)
    invited(server, kari, good)
    messages(server, good)
    return good
