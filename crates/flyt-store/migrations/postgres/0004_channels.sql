-- Own sending accounts of businesses. Their secrets lie among the secrets.
CREATE TABLE channels (
  business_no BIGINT NOT NULL, channel TEXT COLLATE "C" NOT NULL, revision BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  doc TEXT NOT NULL,
  PRIMARY KEY (business_no, channel)
); -- clustered
-- Accounts in trouble; one without a row has none. Business 0 is the operator.
CREATE TABLE circuits (
  business_no BIGINT NOT NULL, account TEXT COLLATE "C" NOT NULL, failures BIGINT NOT NULL, opened_at BIGINT,
  probe_at BIGINT NOT NULL, probes BIGINT NOT NULL, probe_run BIGINT, probe_step BIGINT, problem TEXT NOT NULL,
  PRIMARY KEY (business_no, account)
); -- clustered
CREATE INDEX circuits_due ON circuits (probe_at) WHERE opened_at IS NOT NULL;
-- Steps that wait for an account; `of_business` is whose they are.
CREATE TABLE parked (
  business_no BIGINT NOT NULL, account TEXT COLLATE "C" NOT NULL, run_id BIGINT NOT NULL, step_no BIGINT NOT NULL,
  of_business BIGINT NOT NULL,
  PRIMARY KEY (business_no, account, run_id, step_no)
); -- clustered
-- Delivery reports that came before the answer they belong to.
CREATE TABLE reports (
  business_no BIGINT NOT NULL, reference TEXT COLLATE "C" NOT NULL, fate TEXT NOT NULL, code TEXT,
  bad_number BOOLEAN NOT NULL,
  opted_out BOOLEAN NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (business_no, reference)
); -- clustered
CREATE INDEX reports_by_age ON reports (at);
CREATE INDEX steps_undecided ON steps (due_at) WHERE state = 'unknown' AND reason IS NULL;
CREATE INDEX steps_by_provider ON steps (business_no, provider_id) WHERE channel = 'sms' AND provider_id IS NOT NULL;
CREATE INDEX steps_waiting_sms ON steps (business_no, recipient) WHERE channel = 'sms' AND state IN ('ready', 'parked');
