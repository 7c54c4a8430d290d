// An integrator's walk with the client that is generated from /openapi.json: a business and its key, a workflow with a
// webhook, 200 bookings made of a Cal.com sample, what happened, and the signature checked by the public library.
//   FLYT_URL=http://127.0.0.1:8080 FLYT_PLATFORM_KEY=… npm run walk
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as later } from "node:timers/promises";
import createClient from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths } from "./schema.js";

const baseUrl = process.env["FLYT_URL"] ?? "http://127.0.0.1:8080";
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const good = <T>(answer: { data?: T; error?: unknown; response: Response }): T => {
  assert.ok(answer.response.ok, `${answer.response.url}: ${JSON.stringify(answer.error)}`);
  return answer.data as T;
};
// A receiver of webhooks: it keeps headers and body as they came.
const received: { headers: Record<string, string>; body: string }[] = [];
const receiver = createServer(async (request, response) => {
  received.push({ headers: request.headers as Record<string, string>, body: (await request.toArray()).join("") });
  response.writeHead(204).end();
});
await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
// The business, a key of its own, the secret of its webhooks, and the workflow.
const [slug, port] = [`calcom-${Date.now()}`, (receiver.address() as AddressInfo).port];
const operator = createClient<paths>({ baseUrl, headers: { ...bearer(process.env["FLYT_PLATFORM_KEY"] ?? ""), "Flyt-Business": slug } });
good(await operator.POST("/v1/businesses", { body: { slug, name: "Cal.com", time_zone: "UTC", languages: ["en"], currency: "EUR", country: "NO" } }));
const { key } = good(await operator.POST("/v1/api-keys", { body: { scopes: ["bookings:write", "workflows:write", "messages:read"] } }));
const { secret } = good(await operator.POST("/v1/business/webhook-secret"));
const flyt = createClient<paths>({ baseUrl, headers: bearer(key) });
good(await flyt.POST("/v1/workflows", { body: { name: "Tell us", enabled: true, triggers: [{ type: "booking.created" }], actions: [{ type: "webhook", url: `http://127.0.0.1:${port}/flyt` }] } }));
// 200 bookings, an hour apart, no faster than a key may call; a repetition under the same name changes nothing.
const stream = await fetch(`${baseUrl}/v1/events?type=booking.created`, { headers: { ...bearer(key), Accept: "text/event-stream" } });
const sample = JSON.parse(readFileSync("fixtures/calcom-20211020-booking_created.json", "utf8")).payload;
const [guest, length] = [sample.attendees[0], Date.parse(sample.endTime) - Date.parse(sample.startTime)];
for (let i = 0; i < 200; i += 1, await later(10)) {
  const [start, end] = [0, length].map((ms) => new Date(Date.now() + 86_400_000 + i * 3_600_000 + ms).toISOString()) as [string, string];
  const customer = { email: guest.email, first_name: guest.firstName, last_name: guest.lastName, language: guest.language.locale };
  const body = { external_id: `${sample.uid ?? "cal"}-${i}`, start, end, customer, service: { external_id: String(sample.eventTypeId), name: sample.title } };
  const once = { params: { header: { "Idempotency-Key": `${slug}-${i}` } }, body };
  const made = good(await flyt.POST("/v1/bookings", once));
  if (i === 0) assert.equal(good(await flyt.POST("/v1/bookings", once)).id, made.id);
}
// What happened: the feed, watched as a stream since before the first, tells of every booking once; so does a signed webhook.
const seen: components["schemas"]["Event"][] = [];
const told = createInterface({ input: Readable.fromWeb(stream.body as never), signal: AbortSignal.timeout(60_000) });
for await (const line of told) if (line.startsWith("data: ") && seen.push(JSON.parse(line.slice(6))) === 200) break;
assert.equal(new Set(seen.map((event) => event.data.booking?.id)).size, 200);
assert.equal(good(await flyt.GET("/v1/events/{id}", { params: { path: { id: seen[0]!.id } } })).id, seen[0]!.id);
for (const until = Date.now() + 60_000; received.length < 200; await later(50)) assert.ok(Date.now() < until, "not all were called");
for (const { headers, body } of received) assert.equal((new Webhook(secret).verify(body, headers) as { type: string }).type, "booking.created");
assert.equal(new Set(received.map(({ headers }) => headers["webhook-id"])).size, 200);
console.log(`200 bookings, ${seen.length} events, ${received.length} webhooks, every signature good`);
process.exit(0);
