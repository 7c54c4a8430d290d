-- What has gone in the present window of a limit, and for which window the last of those that wait does so. Business 0 is the
-- operator, whose sending accounts many businesses share.
CREATE TABLE quotas (
  business_no BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, from_at BIGINT NOT NULL, used BIGINT NOT NULL,
  wait_at BIGINT NOT NULL, waiting BIGINT NOT NULL,
  PRIMARY KEY (business_no, kind)
); -- clustered
-- Businesses are served in turn where more is due than is taken at once.
CREATE INDEX steps_turn ON steps (business_no, due_at, position, booking_id) WHERE state = 'ready';
