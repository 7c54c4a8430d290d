"""What Schemathesis needs to know of a business that a schema cannot say: which ids, keys and zones there are. Loaded by
scripts/contract; counts every answer into told.json."""
import atexit
import collections
import datetime
import json
import os
import pathlib
import random
import re
import threading
import urllib.request

import schemathesis
from hypothesis import strategies as st

FOLDER = pathlib.Path(os.environ["FLYT_CONTRACT"])
SEEDS = json.loads((FOLDER / "seeds.json").read_text())
CHANCE = random.Random(1)
LOCK = threading.Lock()

# --- Formats: words that the server knows. -----------------------------------------------------------------------------
INSTANTS = st.datetimes(
    min_value=datetime.datetime(2026, 10, 1), max_value=datetime.datetime(2028, 1, 1)
).map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"))
WORDS = {
    "time-zone": ["Europe/Oslo", "UTC", "America/New_York", "Asia/Kolkata"],
    "language-tag": ["nb", "en", "nb-NO", "uk", "nn"],
    "country": ["NO", "SE", "GB"],
    "phone": ["+4790000001", "+46700000001", "900 00 002"],
    "email": ["kari@example.no", "ola@example.com", "Post@Example.NO"],
    "status-key": ["pending", "approved", "cancelled", "completed", "no_show"],
    "wait-event": ["paid", "status:approved"],
    "duration": ["PT15M", "PT3H", "P2D", "P1W"],
    "settable-field": ["booking.answers.code", "customer.fields.hair"],
    "condition-field": ["booking.price.amount", "customer.tags", "booking.weekday"],
    "header-name": ["X-Source", "Authorization"],
    "json-pointer": ["/data/code", ""],
    "subject-template": ["Velkommen", "{{ business.name }}"],
    "html-template": ["<p>Hei {{ business.name }}</p>", "<b>Takk</b>"],
    "text-template": ["Hei fra {{ business.name }}", "Takk 🙂"],
    "raw-template": ["a=1", "{{ business.name }}"],
    "json-template": ['{"a": 1}', '{"name": {{ business.name }}}'],
    "url-template": ["http://10.0.0.1:9/a", "http://10.0.0.1:9/{{ business.slug }}"],
    "endpoint-url": ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"],
    "address-template": ["{{ customer.email }}"],
    "header-template": ["x", "{{ business.name }}"],
    "cursor": [""],
}
for name, words in WORDS.items():
    schemathesis.openapi.format(name, st.sampled_from(words))
# Ids in bodies and queries are those of things that stay.
for name in ("bkg", "cus", "svc", "loc", "rsc", "ext", "sts", "pay", "wfl", "trg", "run", "msg", "stp", "tmr", "key", "aud", "evt", "whk", "biz", "chg", "src"):
    known = SEEDS["ids"].get(name)
    if known:
        schemathesis.openapi.format(f"{name}-id", st.sampled_from(known[:2]))
schemathesis.openapi.format("date-time", INSTANTS)


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


# --- What is there now: every answer teaches ids and external ids. --------------------------------------------------------
POOL = collections.defaultdict(list)
EXTERNAL = collections.defaultdict(list)
# These stay, so that references to them stay good.
KEPT = {i for ids in SEEDS["ids"].values() for i in ids[:2]}
ASKED = collections.Counter()
PER_LIST = {"bookings": "bkg", "customers": "cus", "services": "svc", "locations": "loc", "resources": "rsc", "extras": "ext",
            "statuses": "sts", "payments": "pay", "workflows": "wfl", "runs": "run", "messages": "msg", "timers": "tmr",
            "inbound-sources": "src", "api-keys": "key", "steps": "stp", "events": "evt", "webhook-endpoints": "whk"}
for kind, ids in SEEDS["ids"].items():
    POOL[kind].extend(ids)
for path, rows in SEEDS["external"].items():
    EXTERNAL[path.removeprefix("/v1/")].extend((x, i) for x, i in rows if x)


def ask(path, name="data", patch=None):
    headers = {"Authorization": "Bearer flyt_platform_contract_contract_contract_contract", "Flyt-Business": "salon",
               "Content-Type": "application/json"}
    data, method = (json.dumps(patch).encode(), "PATCH") if patch else (None, "GET")
    request = urllib.request.Request(SEEDS["url"] + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())[name]


def learn(kind, row):
    if isinstance(row, dict) and isinstance(row.get("id"), str):
        POOL[row["id"].split("_")[0]].append(row["id"])
        if isinstance(row.get("external_id"), str):
            EXTERNAL[kind].append((row["external_id"], row["id"]))


def pick(kind, operation):
    takes = operation.method.upper() == "DELETE" or operation.path.endswith(("/erase", "/token"))
    if kind == "suppressions":
        rows = ask("/v1/suppressions?limit=50")
        return CHANCE.choice(rows)["id"] if rows else None
    if kind == "steps":
        state = "failed" if operation.path.endswith("retry") else "planned"
        rows = ask(f"/v1/messages?state={state}&limit=50")
        return CHANCE.choice(rows)["step_id"] if rows else None
    if kind == "timers":
        rows = ask("/v1/timers?limit=50")
        return CHANCE.choice(rows)["id"] if rows else None
    ids = [i for i in POOL[PER_LIST.get(kind, kind)] if not (takes and i in KEPT)]
    if not ids:
        return None
    found = CHANCE.choice(ids[-40:])
    if takes:
        POOL[found.split("_")[0]].remove(found)
    return found


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Ids that are there, nearly always. Names of commands are not repeated, revisions not guessed."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    kind = case.operation.path.removeprefix("/v1/").split("/")[0]
    with LOCK:
        ASKED[case.operation.label] += 1
        if case.path_parameters and (ASKED[case.operation.label] < 8 or CHANCE.random() < 0.9):
            if "id" in case.path_parameters:
                case.path_parameters["id"] = pick(kind, case.operation) or case.path_parameters["id"]
            if "delivery" in case.path_parameters:
                case.path_parameters["id"] = SEEDS["endpoint"]
                rows = ask(f"/v1/webhook-endpoints/{SEEDS['endpoint']}/deliveries?limit=50")
                case.path_parameters["delivery"] = CHANCE.choice(rows)["id"]
            if "slug" in case.path_parameters:
                case.path_parameters["slug"] = "salon"
            if "adapter" in case.path_parameters:
                case.path_parameters.update(adapter="calcom", token=SEEDS["token"])
            if "provider" in case.path_parameters:
                case.path_parameters.update(provider="generic", token=SEEDS["callback"])
            if "version" in case.path_parameters:
                case.path_parameters["version"] = 1
            if "external_id" in case.path_parameters and EXTERNAL[kind] and "key" not in (case.body if isinstance(case.body, dict) else {}):
                takes = case.operation.method.upper() == "DELETE"
                rows = [x for x, i in EXTERNAL[kind] if not (takes and i in KEPT)]
                if rows:
                    case.path_parameters["external_id"] = CHANCE.choice(rows[-20:])
        if case.headers:
            for name in list(case.headers):
                if name.lower() == "if-match":
                    del case.headers[name]
                if name.lower() == "idempotency-key":
                    case.headers[name] = f"key-{CHANCE.getrandbits(60)}"
        if case.query:
            case.query.pop("cursor", None)
        if case.operation.definition.raw.get("operationId") == "moveTestClock" and isinstance(case.body, dict):
            now = datetime.datetime.fromisoformat(ask("/v1/test-clock", "now"))
            case.body = {"now": (now + datetime.timedelta(seconds=1)).isoformat()}
        if case.operation.definition.raw.get("operationId") == "release" and isinstance(case.body, dict):
            ask("/v1/business", "mode", {"mode": "held"})
            case.body = {"business": "salon"}
        # Files and deliveries have forms of their own; the example is one.
        if case.operation.definition.raw.get("operationId") in ("takeDelivery", "importBookings") and CHANCE.random() < 0.9:
            case.body = case.operation.definition.raw["requestBody"]["content"]["application/json"]["example"]
        case.body = sensible(case.body)
        if isinstance(case.body, dict):
            # Each object gets a name of its own, or most would be refused as repeated.
            for name, own in (("external_id", "X-{}"), ("slug", "b{}"), ("key", "k{}")):
                if isinstance(case.body.get(name), str) and CHANCE.random() < 0.9:
                    case.body[name] = own.format(CHANCE.getrandbits(40))


def sensible(body):
    """What no schema says: the end is not before the start, a comparison fits its field, a wait and its timeout."""
    if isinstance(body, list):
        return [sensible(part) for part in body]
    if not isinstance(body, dict):
        return body
    body = {name: sensible(part) for name, part in body.items()}
    if {"field", "op"} <= body.keys():
        return CHANCE.choice([
            {"field": "booking.price.amount", "op": "gte", "value": 50000},
            {"field": "customer.tags", "op": "contains", "value": "vip"},
            {"field": "booking.notes", "op": "exists"},
        ])
    if "from" in body and body.get("from") == body.get("to"):
        body["from"] = "06:30"
    start, end = body.get("start"), body.get("end")
    if isinstance(start, str) and isinstance(end, str) and end < start:
        body["start"], body["end"] = end, start
    return body


# --- Counting. ------------------------------------------------------------------------------------------------------------
TOLD = {"all": collections.defaultdict(collections.Counter), "valid": collections.defaultdict(collections.Counter)}
# The second run of a contract goes on counting.
if (FOLDER / "told.json").exists():
    for part, names in json.loads((FOLDER / "told.json").read_text()).items():
        for name, counts in names.items():
            TOLD[part][name].update(counts)
WHY = collections.defaultdict(collections.Counter)


@schemathesis.hook
def after_call(context, case, response):
    name = case.operation.definition.raw.get("operationId")
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    with LOCK:
        TOLD["all"][name][str(response.status_code)] += 1
        if valid:
            TOLD["valid"][name][str(response.status_code)] += 1
        kind = case.operation.path.removeprefix("/v1/").split("/")[0]
        try:
            answer = json.loads(response.content)
        except ValueError:
            return
        if response.status_code < 300 and isinstance(answer, dict):
            for row in [answer, *(answer.get("data") if isinstance(answer.get("data"), list) else [])]:
                learn(kind, row)
        elif valid and isinstance(answer, dict):
            for fault in answer.get("errors") or [{"code": answer.get("code"), "pointer": ""}]:
                WHY[name][f"{fault.get('code')} {re.sub('[0-9]+', '0', str(fault.get('pointer')))[:60]}"] += 1


@atexit.register
def tell():
    (FOLDER / "told.json").write_text(json.dumps(TOLD))
    (FOLDER / "why.json").write_text(json.dumps({n: c.most_common(12) for n, c in WHY.items()}, indent=1))
