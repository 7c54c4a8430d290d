-- What comes in from the booking systems people already have.

-- A source's token is kept as a hash only. Settings are in `doc`.
CREATE TABLE inbound_sources (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, adapter TEXT COLLATE "C" NOT NULL, name TEXT NOT NULL,
  token_hash BYTEA NOT NULL, revision BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  deleted_at BIGINT, doc TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX inbound_sources_by_token ON inbound_sources (token_hash);
CREATE INDEX inbound_sources_by_business ON inbound_sources (business_no, id);
-- Every delivery that was believed. `body` and `headers` are emptied by retention and erasure; the row stays, so that what
-- comes again is known.
CREATE TABLE inbound_deliveries (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, source_id BIGINT NOT NULL, same TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL, event TEXT NOT NULL, verdict TEXT COLLATE "C" NOT NULL, detail TEXT, booking_id BIGINT,
  customer_id BIGINT, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, headers TEXT NOT NULL, body BYTEA NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX inbound_deliveries_by_same ON inbound_deliveries (source_id, same);
CREATE INDEX inbound_deliveries_by_source ON inbound_deliveries (business_no, source_id, id);
CREATE INDEX inbound_deliveries_by_booking ON inbound_deliveries (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX inbound_deliveries_by_customer ON inbound_deliveries (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX inbound_deliveries_waiting ON inbound_deliveries (next_at, id) WHERE verdict = 'waiting';
-- Foreign ids of bookings: one booking may have had several. Without a booking: it was closed before we heard of it.
CREATE TABLE inbound_links (
  business_no BIGINT NOT NULL, foreign_id TEXT COLLATE "C" NOT NULL, booking_id BIGINT, version BIGINT, status TEXT,
  newer TEXT, at BIGINT NOT NULL,
  PRIMARY KEY (business_no, foreign_id)
); -- clustered
