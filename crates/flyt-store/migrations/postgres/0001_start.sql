-- Instants are milliseconds since 1970 in BIGINT. `doc` columns hold JSON that SQL never looks into.
-- Ids are made by the engine and sort by time; `no` numbers are small and counted by `sequences`.
-- A last line `-- clustered` makes SQLite keep the rows in the primary key itself.

CREATE TABLE meta (
  key TEXT COLLATE "C" NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (key)
); -- clustered
CREATE TABLE sequences (
  name TEXT COLLATE "C" NOT NULL, last BIGINT NOT NULL,
  PRIMARY KEY (name)
); -- clustered
CREATE TABLE nodes (
  no BIGINT NOT NULL, boot BIGINT NOT NULL, seen_at BIGINT NOT NULL, skew_ms BIGINT NOT NULL,
  PRIMARY KEY (no)
); -- clustered

CREATE TABLE businesses (
  no BIGINT NOT NULL, id BIGINT NOT NULL, slug TEXT COLLATE "C" NOT NULL, mode TEXT NOT NULL, revision BIGINT NOT NULL,
  epoch BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (no)
);
CREATE UNIQUE INDEX businesses_by_id ON businesses (id);
CREATE UNIQUE INDEX businesses_by_slug ON businesses (slug);

CREATE TABLE catalogue (
  business_no BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, id BIGINT NOT NULL, external_id TEXT COLLATE "C",
  name TEXT NOT NULL, revision BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  deleted_at BIGINT, doc TEXT NOT NULL,
  PRIMARY KEY (business_no, kind, id)
); -- clustered
CREATE UNIQUE INDEX catalogue_by_external_id ON catalogue (business_no, kind, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;

CREATE TABLE customers (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, external_id TEXT COLLATE "C", email TEXT COLLATE "C",
  search TEXT NOT NULL, revision BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  deleted_at BIGINT, doc TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX customers_by_business ON customers (business_no, id);
CREATE UNIQUE INDEX customers_by_external_id ON customers (business_no, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;
CREATE INDEX customers_by_email ON customers (business_no, email)
  WHERE deleted_at IS NULL AND email IS NOT NULL;

CREATE TABLE bookings (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, revision BIGINT NOT NULL, reference TEXT COLLATE "C" NOT NULL,
  customer_id BIGINT NOT NULL, service_id BIGINT NOT NULL, location_id BIGINT, resource_id BIGINT,
  status TEXT COLLATE "C" NOT NULL, status_kind TEXT COLLATE "C" NOT NULL, start_at BIGINT NOT NULL,
  end_at BIGINT NOT NULL, automations TEXT COLLATE "C" NOT NULL, external_id TEXT COLLATE "C", search TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, deleted_at BIGINT, doc TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX bookings_by_start ON bookings (business_no, start_at, id);
CREATE INDEX bookings_by_customer ON bookings (business_no, customer_id, start_at);
CREATE UNIQUE INDEX bookings_by_external_id ON bookings (business_no, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;

CREATE TABLE payments (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, booking_id BIGINT NOT NULL, external_id TEXT COLLATE "C",
  revision BIGINT NOT NULL, amount BIGINT NOT NULL, currency TEXT COLLATE "C" NOT NULL, method TEXT,
  status TEXT COLLATE "C" NOT NULL, completed_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX payments_by_business ON payments (business_no, id);
CREATE INDEX payments_by_booking ON payments (business_no, booking_id);
CREATE UNIQUE INDEX payments_by_external_id ON payments (business_no, external_id) WHERE external_id IS NOT NULL;

-- One row for each write that meant something: the booking after, what it was before. `kinds` is a set of bits.
CREATE TABLE changes (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, booking_id BIGINT, customer_id BIGINT, payment_id BIGINT,
  kinds BIGINT NOT NULL, fields TEXT NOT NULL, at BIGINT NOT NULL, revision BIGINT NOT NULL, after TEXT, before TEXT,
  actor TEXT NOT NULL, cause_run BIGINT, depth BIGINT NOT NULL, chain BIGINT NOT NULL, starts_runs BOOLEAN NOT NULL,
  problem TEXT,
  PRIMARY KEY (id)
);
CREATE INDEX changes_by_business ON changes (business_no, id);
CREATE INDEX changes_by_booking ON changes (booking_id, id) WHERE booking_id IS NOT NULL;
CREATE INDEX changes_unplanned ON changes (id) WHERE problem IS NOT NULL;

CREATE TABLE workflows (
  no BIGINT NOT NULL, id BIGINT NOT NULL, business_no BIGINT NOT NULL, external_id TEXT COLLATE "C",
  position BIGINT NOT NULL, enabled BOOLEAN NOT NULL, version BIGINT NOT NULL, plan_no BIGINT NOT NULL,
  revision BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, deleted_at BIGINT, doc TEXT NOT NULL,
  PRIMARY KEY (no)
);
CREATE UNIQUE INDEX workflows_by_id ON workflows (id);
CREATE INDEX workflows_by_business ON workflows (business_no, position, no);
CREATE UNIQUE INDEX workflows_by_external_id ON workflows (business_no, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;
CREATE TABLE workflow_versions (
  workflow_no BIGINT NOT NULL, version BIGINT NOT NULL, business_no BIGINT NOT NULL, from_at BIGINT NOT NULL,
  enabled BOOLEAN NOT NULL, author TEXT NOT NULL, note TEXT, doc TEXT NOT NULL,
  PRIMARY KEY (workflow_no, version)
);
CREATE TABLE triggers (
  no BIGINT NOT NULL, id BIGINT NOT NULL, business_no BIGINT NOT NULL, workflow_no BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL, retired BOOLEAN NOT NULL,
  PRIMARY KEY (no)
);
CREATE UNIQUE INDEX triggers_by_id ON triggers (id);
CREATE INDEX triggers_by_workflow ON triggers (workflow_no);
-- A re-plan under way: the last booking it has seen, by start and id.
CREATE TABLE replans (
  workflow_no BIGINT NOT NULL, business_no BIGINT NOT NULL, plan_no BIGINT NOT NULL, cursor_at BIGINT NOT NULL,
  cursor_id BIGINT NOT NULL, done BIGINT NOT NULL, switched_on BOOLEAN NOT NULL,
  existing BOOLEAN NOT NULL,
  started_at BIGINT NOT NULL,
  PRIMARY KEY (workflow_no)
); -- clustered

CREATE TABLE timers (
  booking_id BIGINT NOT NULL, trigger_no BIGINT NOT NULL, grp BIGINT NOT NULL, business_no BIGINT NOT NULL,
  anchor_at BIGINT NOT NULL, due_at BIGINT NOT NULL, plan_no BIGINT NOT NULL, position BIGINT NOT NULL,
  held BOOLEAN NOT NULL,
  PRIMARY KEY (booking_id, trigger_no, grp)
); -- clustered
CREATE INDEX timers_due ON timers (due_at, position, booking_id);
CREATE INDEX timers_by_business ON timers (business_no, due_at);
CREATE TABLE timer_ends (
  id BIGINT NOT NULL, booking_id BIGINT NOT NULL, trigger_no BIGINT NOT NULL, grp BIGINT NOT NULL,
  business_no BIGINT NOT NULL, anchor_at BIGINT NOT NULL, due_at BIGINT NOT NULL, ended_at BIGINT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX timer_ends_by_booking ON timer_ends (booking_id, id);

-- A run is pinned to the version of its workflow. Fired or spent, an occurrence (booking, trigger, anchor) has one run.
CREATE TABLE runs (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, workflow_no BIGINT NOT NULL, version BIGINT NOT NULL,
  trigger_no BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, booking_id BIGINT, customer_id BIGINT, change_id BIGINT,
  anchor_at BIGINT, due_at BIGINT NOT NULL, expires_at BIGINT, before BOOLEAN NOT NULL, created_at BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL, reason TEXT, position BIGINT NOT NULL, finished BOOLEAN NOT NULL, open BIGINT NOT NULL,
  steps BIGINT NOT NULL, vars TEXT, depth BIGINT NOT NULL, chain BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX runs_by_occurrence ON runs (booking_id, trigger_no, anchor_at) WHERE anchor_at IS NOT NULL;
CREATE UNIQUE INDEX runs_by_change ON runs (change_id, workflow_no) WHERE change_id IS NOT NULL;
CREATE INDEX runs_by_business ON runs (business_no, id);
CREATE INDEX runs_by_booking ON runs (booking_id) WHERE booking_id IS NOT NULL;

CREATE TABLE steps (
  run_id BIGINT NOT NULL, step_no BIGINT NOT NULL, business_no BIGINT NOT NULL, workflow_no BIGINT NOT NULL,
  booking_id BIGINT, customer_id BIGINT, action BIGINT NOT NULL, to_no BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C", recipient TEXT COLLATE "C", state TEXT COLLATE "C" NOT NULL, reason TEXT,
  delayed BOOLEAN NOT NULL, due_at BIGINT NOT NULL, planned_at BIGINT NOT NULL, expires_at BIGINT,
  position BIGINT NOT NULL, attempt BIGINT NOT NULL, boot BIGINT, lease_until BIGINT, revision BIGINT,
  provider_id TEXT COLLATE "C", language TEXT, segments BIGINT, sent_at BIGINT, created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (run_id, step_no)
);
CREATE INDEX steps_ready ON steps (due_at, position, booking_id) WHERE state = 'ready';
CREATE INDEX steps_leased ON steps (run_id, step_no) WHERE state IN ('claimed', 'sending');
CREATE INDEX steps_by_business ON steps (business_no, run_id, step_no);
CREATE INDEX steps_by_booking ON steps (booking_id) WHERE booking_id IS NOT NULL;
CREATE TABLE attempts (
  run_id BIGINT NOT NULL, step_no BIGINT NOT NULL, attempt BIGINT NOT NULL, business_no BIGINT NOT NULL,
  at BIGINT NOT NULL, outcome TEXT NOT NULL, code BIGINT, answer TEXT, revision BIGINT,
  PRIMARY KEY (run_id, step_no, attempt)
);
-- What was sent: large, erased and purged apart from its step.
CREATE TABLE contents (
  run_id BIGINT NOT NULL, step_no BIGINT NOT NULL, business_no BIGINT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run_id, step_no)
);

CREATE TABLE suppressions (
  business_no BIGINT NOT NULL, channel TEXT COLLATE "C" NOT NULL, address TEXT COLLATE "C" NOT NULL,
  reason TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (business_no, channel, address)
); -- clustered
-- While the first request runs, `status` is missing.
CREATE TABLE idempotency (
  business_no BIGINT NOT NULL, key TEXT COLLATE "C" NOT NULL, method TEXT COLLATE "C" NOT NULL,
  path TEXT COLLATE "C" NOT NULL, body_hash BYTEA NOT NULL, at BIGINT NOT NULL, status BIGINT NOT NULL,
  headers TEXT NOT NULL, answer BYTEA NOT NULL,
  PRIMARY KEY (business_no, key, method, path)
);
CREATE INDEX idempotency_by_age ON idempotency (at);
-- Without a business a key is the platform's.
CREATE TABLE api_keys (
  id BIGINT NOT NULL, business_no BIGINT, name TEXT NOT NULL, prefix TEXT NOT NULL, hash BYTEA NOT NULL,
  scopes TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT, last_used_at BIGINT, revoked_at BIGINT,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);
CREATE INDEX api_keys_by_business ON api_keys (business_no, id);
CREATE TABLE secrets (
  business_no BIGINT NOT NULL, name TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (business_no, name, version)
); -- clustered
-- Business 0 is the platform.
CREATE TABLE audit (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  object TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX audit_by_business ON audit (business_no, id);
CREATE TABLE counters (
  business_no BIGINT NOT NULL, day BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, value BIGINT NOT NULL,
  PRIMARY KEY (business_no, day, kind)
); -- clustered
