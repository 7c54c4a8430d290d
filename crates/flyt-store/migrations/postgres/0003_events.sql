-- The feed of events and standing subscriptions to it.

-- The place of a change in the feed. Ids are made before the commit, so a smaller one may be committed later; the number of
-- the transaction tells which transactions have ended (`engine::FEED_END`). On SQLite commits come in the order of ids: 0.
ALTER TABLE changes ADD COLUMN tx BIGINT NOT NULL DEFAULT 0;
-- PostgreSQL only
ALTER TABLE changes ALTER COLUMN tx SET DEFAULT (pg_current_xact_id()::text::bigint);
-- both
DROP INDEX changes_by_business;
CREATE INDEX changes_by_business ON changes (business_no, tx, id);

-- What became of a message, where that is an event: `event` is its ordinal, as in the bits of `changes.kinds`.
CREATE TABLE facts (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, event BIGINT NOT NULL, run_id BIGINT NOT NULL, step_no BIGINT NOT NULL,
  booking_id BIGINT, customer_id BIGINT, at BIGINT NOT NULL, tx BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
);
-- PostgreSQL only
ALTER TABLE facts ALTER COLUMN tx SET DEFAULT (pg_current_xact_id()::text::bigint);
-- both
CREATE INDEX facts_by_business ON facts (business_no, tx, id);

-- `events` is a set of bits.
CREATE TABLE endpoints (
  id BIGINT NOT NULL, business_no BIGINT NOT NULL, url TEXT NOT NULL, events BIGINT NOT NULL, enabled BOOLEAN NOT NULL,
  reason TEXT, description TEXT, revision BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  deleted_at BIGINT,
  PRIMARY KEY (id)
);
CREATE INDEX endpoints_by_business ON endpoints (business_no, id);

-- An event on its way to an endpoint. The try itself is a step without a run (`steps.run_id`); sent again by hand it is the
-- next step of the same number, with the outside id of the first.
CREATE TABLE deliveries (
  run_id BIGINT NOT NULL, business_no BIGINT NOT NULL, endpoint_id BIGINT NOT NULL, source BIGINT NOT NULL,
  event BIGINT NOT NULL, last_no BIGINT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (run_id)
);
CREATE INDEX deliveries_by_endpoint ON deliveries (business_no, endpoint_id, run_id);
