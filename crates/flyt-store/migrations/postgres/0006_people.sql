-- People who sign in. Their instants are wall time, as all of signing in is.

-- `email_key` is the folded address, by which people are found. Without a password: invited, and not come yet.
CREATE TABLE users (
  id BIGINT NOT NULL, email TEXT NOT NULL, email_key TEXT COLLATE "C" NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL,
  password TEXT, totp_step BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, disabled_at BIGINT,
  platform_admin BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX users_by_email ON users (email_key);
-- `name` is what those who invited call the person, until the person has come.
CREATE TABLE memberships (
  business_no BIGINT NOT NULL, user_id BIGINT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, created_at BIGINT NOT NULL,
  joined_at BIGINT, seen_at BIGINT,
  PRIMARY KEY (business_no, user_id)
); -- clustered
CREATE INDEX memberships_by_user ON memberships (user_id, business_no);
-- Tokens are kept as hashes only: of sessions, and of links that are good once.
CREATE TABLE sessions (
  id BIGINT NOT NULL, hash BYTEA NOT NULL, user_id BIGINT NOT NULL, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, user_agent TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX sessions_by_hash ON sessions (hash);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE TABLE one_time_links (
  hash BYTEA NOT NULL, kind TEXT COLLATE "C" NOT NULL, user_id BIGINT, business_no BIGINT, expires_at BIGINT NOT NULL,
  PRIMARY KEY (hash)
); -- clustered
CREATE INDEX one_time_links_by_user ON one_time_links (user_id, kind) WHERE user_id IS NOT NULL;
CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL, hash BYTEA NOT NULL,
  PRIMARY KEY (user_id, hash)
); -- clustered
