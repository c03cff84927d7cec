-- What the daily limits count, and the files that were uploaded.

-- Each message that asked for an answer. Neither this nor `daily_tokens` says what was written, and both stay until the
-- day is over, also when a user's data is deleted: else deleting it would be a way to start anew.
CREATE TABLE admissions (
  day TEXT NOT NULL, -- such as 2026-11-23, UTC
  user_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  answer_id TEXT NOT NULL, -- that it asked for: the same when it is sent again
  number INTEGER NOT NULL, -- of the user's messages on that day; beyond the limit, it was refused
  tries INTEGER NOT NULL DEFAULT 1,
  address TEXT, -- of a guest: a keyed digest of the network address
  address_number INTEGER NOT NULL, -- the same count, of all guests there
  PRIMARY KEY (day, user_id, chat_id, answer_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX admissions_by_address ON admissions (day, address) WHERE address IS NOT NULL;

CREATE TABLE daily_tokens (
  day TEXT NOT NULL,
  user_id TEXT NOT NULL, -- '' is all of them together
  model TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  PRIMARY KEY (day, user_id, model)
) STRICT, WITHOUT ROWID;

-- Whoever saves a turn, and however often: what is in `usage` is counted here, once.
CREATE TRIGGER usage_inserted AFTER INSERT ON usage BEGIN
  INSERT INTO daily_tokens (day, user_id, model, input_tokens, output_tokens)
  VALUES
    (new.day, new.user_id, new.model, new.input_tokens, new.output_tokens),
    (new.day, '', new.model, new.input_tokens, new.output_tokens)
  ON CONFLICT DO UPDATE SET
    input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens;
END;

CREATE TRIGGER usage_updated AFTER UPDATE OF input_tokens, output_tokens ON usage BEGIN
  UPDATE daily_tokens SET
    input_tokens = input_tokens + new.input_tokens - old.input_tokens,
    output_tokens = output_tokens + new.output_tokens - old.output_tokens
  WHERE day = old.day AND model = old.model AND user_id IN (old.user_id, '');
END;

CREATE TABLE attachments (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL, -- in R2; it stays when the file passes to another user, a guest's to their account
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size INTEGER NOT NULL, -- bytes
  created_at INTEGER NOT NULL, -- milliseconds since 1970
  uploaded_at INTEGER, -- null until it is in R2
  PRIMARY KEY (user_id, id)
) STRICT;

CREATE INDEX attachments_missing ON attachments (created_at) WHERE uploaded_at IS NULL;
