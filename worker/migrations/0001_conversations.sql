-- A conversation is a tree of messages. The head is the leaf that is shown. Ids are made by clients and belong to their
-- user: the same id of another user is another conversation, so that nobody can reach or even find one.
CREATE TABLE conversations (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  head_id TEXT NOT NULL,
  created_at INTEGER NOT NULL, -- milliseconds since 1970
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) STRICT;

CREATE INDEX conversations_by_time ON conversations (user_id, updated_at DESC);

CREATE TABLE messages (
  user_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  seq INTEGER NOT NULL, -- order of arrival
  id TEXT NOT NULL, -- made by the sender: saving a message twice is saving it once
  parent_id TEXT, -- null for the first message
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  parts TEXT NOT NULL, -- JSON: the parts of a UI message
  metadata TEXT, -- JSON
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, conversation_id, id),
  UNIQUE (user_id, conversation_id, seq),
  FOREIGN KEY (user_id, conversation_id) REFERENCES conversations (user_id, id) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
