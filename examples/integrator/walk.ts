// An integrator's walk with the client that is generated from /openapi.json: a business and its key, a workflow with a
// webhook, 200 bookings made of a Cal.com sample, what happened, and the signature checked by the public library.
//   FLYT_URL=http://127.0.0.1:8080 FLYT_PLATFORM_KEY=… npm run walk
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import createClient from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths } from "./schema.js";

const baseUrl = process.env["FLYT_URL"] ?? "http://127.0.0.1:8080";
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const later = (ms: number) => new Promise((done) => setTimeout(done, ms));
// A key makes 100 calls a second; whoever is told to wait waits.
const patient = async (request: Request): Promise<Response> => {
  const again = request.clone();
  const answer = await fetch(request);
  if (answer.status !== 429) return answer;
  await later(1000 * Number(answer.headers.get("Retry-After") ?? 1));
  return patient(again);
};
const operator = createClient<paths>({ baseUrl, headers: bearer(process.env["FLYT_PLATFORM_KEY"] ?? "") });
const good = <T>(answer: { data?: T; error?: unknown; response: Response }): T => {
  assert.ok(answer.response.ok, `${answer.response.url}: ${JSON.stringify(answer.error)}`);
  return answer.data as T;
};

// A receiver of webhooks: headers and body as they came.
const received: { headers: Record<string, string>; body: string }[] = [];
const receiver = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  received.push({ headers: request.headers as Record<string, string>, body });
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await new Promise((listening) => receiver.once("listening", listening));
const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/flyt`;

// The business, a key of its own, the secret of its webhooks, and the workflow.
const slug = `calcom-${Date.now()}`;
good(await operator.POST("/v1/businesses", { body: { slug, name: "Cal.com", time_zone: "UTC", languages: ["en"], currency: "EUR", country: "NO" } }));
const scopes: components["schemas"]["Scope"][] = ["bookings:write", "workflows:write", "messages:read"];
const { key } = good(await operator.POST("/v1/api-keys", { params: { header: { "Flyt-Business": slug } }, body: { scopes } }));
const { secret } = good(await operator.POST("/v1/business/webhook-secret", { params: { header: { "Flyt-Business": slug } } }));
const flyt = createClient<paths>({ baseUrl, headers: bearer(key), fetch: patient });
good(await flyt.POST("/v1/workflows", { body: { name: "Tell us", enabled: true, triggers: [{ type: "booking.created" }], actions: [{ type: "webhook", url: hook }] } }));

// The feed of events, watched as a stream from here on.
const stream = await fetch(`${baseUrl}/v1/events?type=booking.created`, { headers: { ...bearer(key), Accept: "text/event-stream" } });
const seen: components["schemas"]["Event"][] = [];
const watching = (async () => {
  let rest = "";
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) seen.push(JSON.parse(line.slice(6)));
    if (seen.length >= 200) return;
  }
})();

// 200 bookings, an hour apart; a repetition under the same name changes nothing.
const sample = JSON.parse(readFileSync("fixtures/calcom-20211020-booking_created.json", "utf8")).payload;
const [guest, start] = [sample.attendees[0], Date.now() + 86_400_000];
for (let i = 0; i < 200; i += 1) {
  const [from, to] = [0, Date.parse(sample.endTime) - Date.parse(sample.startTime)].map((ms) => new Date(start + i * 3_600_000 + ms).toISOString());
  const body: components["schemas"]["BookingCreate"] = {
    external_id: `${sample.uid ?? "cal"}-${i}`, start: from!, end: to!,
    service: { external_id: String(sample.eventTypeId), name: sample.title },
    customer: { email: guest.email, first_name: guest.firstName, last_name: guest.lastName, language: guest.language.locale },
  };
  const once = { params: { header: { "Idempotency-Key": `${slug}-${i}` } }, body };
  const made = good(await flyt.POST("/v1/bookings", once));
  if (i === 0) assert.equal(good(await flyt.POST("/v1/bookings", once)).id, made.id);
}

// What happened: every booking was told once, by the feed and by a webhook, and every signature holds.
await Promise.race([watching, later(60_000)]);
assert.equal(new Set(seen.map((event) => event.data.booking?.id)).size, 200);
assert.equal(good(await flyt.GET("/v1/events/{id}", { params: { path: { id: seen[0]!.id } } })).id, seen[0]!.id);
for (const until = Date.now() + 60_000; received.length < 200; await later(50)) assert.ok(Date.now() < until, "not all were called");
for (const { headers, body } of received) {
  const event = new Webhook(secret).verify(body, headers) as { type: string };
  assert.equal(event.type, "booking.created");
}
assert.equal(new Set(received.map(({ headers }) => headers["webhook-id"])).size, 200);
console.log(`200 bookings, ${seen.length} events, ${received.length} webhooks, every signature good`);
process.exit(0);
