-- A conversation is a tree of messages. The head is the leaf that is shown.
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  head_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, -- milliseconds since 1970
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX conversations_of_user ON conversations (user_id, updated_at DESC);

CREATE TABLE messages (
  conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL, -- order of arrival
  id TEXT NOT NULL, -- made by the sender: saving a message twice is saving it once
  parent_id TEXT, -- null for the first message
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  parts TEXT NOT NULL, -- JSON: the parts of a UI message
  metadata TEXT, -- JSON
  created_at INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, id),
  UNIQUE (conversation_id, seq)
) STRICT;
