-- Who has signed in, and which sessions have ended before their time. A guest has a row only if there is something to
-- tell of it. Rows stay when a user's data is deleted: without them, sessions that were revoked would hold again.
CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY, -- an account's is a digest of who says so (issuer) and of whom (subject)
  session_epoch INTEGER NOT NULL DEFAULT 0, -- raised by each sign-out everywhere: sessions of an earlier one are revoked
  merged_into TEXT REFERENCES users (id), -- the account that a guest has become
  created_at INTEGER NOT NULL -- milliseconds since 1970
) STRICT;

CREATE TABLE revoked_sessions (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at INTEGER NOT NULL, -- milliseconds since 1970; later no token of the session holds anyway
  PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_sessions_by_time ON revoked_sessions (expires_at);
