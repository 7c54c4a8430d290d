-- What erasing, retention and acts on many need. The indexes are partial: what is not meant by them costs nothing.

-- Customers whose traces are to be looked for once more: what was on its way when they were erased.
CREATE TABLE erasures (
  business_no BIGINT NOT NULL, customer_id BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (business_no, customer_id)
); -- clustered
CREATE INDEX changes_by_customer ON changes (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX steps_by_customer ON steps (customer_id) WHERE booking_id IS NULL AND customer_id IS NOT NULL;
CREATE INDEX runs_by_customer ON runs (customer_id) WHERE booking_id IS NULL AND customer_id IS NOT NULL;
CREATE INDEX runs_live ON runs (business_no, workflow_no, id) WHERE state IN ('running', 'waiting', 'holding');
CREATE INDEX steps_failed ON steps (business_no, run_id, step_no) WHERE state IN ('failed', 'unknown');
CREATE INDEX audit_with_detail ON audit (business_no, object) WHERE detail <> '{}';
