-- Titles, versions, search, usage and the archive.

ALTER TABLE conversations ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0; -- when it was last saved to, or restored
ALTER TABLE conversations ADD COLUMN archive_key TEXT; -- where in R2 its messages are, if they are not here
UPDATE conversations SET active_at = updated_at;

CREATE INDEX conversations_by_activity ON conversations (active_at) WHERE archive_key IS NULL;

-- The same messages, with a number for the search index, and with parents that must exist.
ALTER TABLE messages RENAME TO old_messages;

CREATE TABLE messages (
  number INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  seq INTEGER NOT NULL, -- order of arrival
  id TEXT NOT NULL, -- made by the sender: saving a message twice is saving it once
  parent_id TEXT, -- null for a first message; messages with the same parent are versions of each other
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  parts TEXT NOT NULL, -- JSON: the parts of a UI message
  text TEXT NOT NULL, -- of the parts, for the search
  metadata TEXT, -- JSON
  outcome TEXT CHECK (outcome IN ('done', 'stopped', 'failed', 'interrupted')), -- of an answer
  summary TEXT, -- of the conversation up to here, for the model
  created_at INTEGER NOT NULL,
  UNIQUE (user_id, conversation_id, id),
  UNIQUE (user_id, conversation_id, seq),
  FOREIGN KEY (user_id, conversation_id) REFERENCES conversations (user_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
  FOREIGN KEY (user_id, conversation_id, parent_id) REFERENCES messages (user_id, conversation_id, id)
) STRICT;

CREATE INDEX messages_by_parent ON messages (user_id, conversation_id, parent_id);

INSERT INTO messages (user_id, conversation_id, seq, id, parent_id, role, parts, text, metadata, created_at)
SELECT user_id, conversation_id, seq, id, parent_id, role, parts,
  coalesce((SELECT group_concat(value ->> 'text', '') FROM json_each(parts) WHERE value ->> 'type' = 'text'), ''),
  metadata, created_at
FROM old_messages ORDER BY seq;
DROP TABLE old_messages;

-- The same message again is nothing new. Another one under its id, or at another place, is refused.
CREATE TRIGGER messages_are_not_replaced BEFORE INSERT ON messages
WHEN EXISTS (
  SELECT 1 FROM messages old
  WHERE old.user_id = new.user_id AND old.conversation_id = new.conversation_id AND old.id = new.id
    AND (old.role <> new.role OR old.parent_id IS NOT new.parent_id OR (old.role = 'user' AND old.parts <> new.parts))
)
BEGIN
  SELECT RAISE(ABORT, 'another message has this id');
END;

-- Restored messages must find their numbers free.
CREATE TRIGGER archived_conversations_are_closed BEFORE INSERT ON messages
WHEN EXISTS (
  SELECT 1 FROM conversations
  WHERE user_id = new.user_id AND id = new.conversation_id AND archive_key IS NOT NULL
)
BEGIN
  SELECT RAISE(ABORT, 'the conversation is archived');
END;

-- The user is in the index too, so that a search reads none of what others wrote.
CREATE VIRTUAL TABLE message_index USING fts5 (
  user_id, text, content = 'messages', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO message_index (message_index) VALUES ('rebuild');

CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
  INSERT INTO message_index (rowid, user_id, text) VALUES (new.number, new.user_id, new.text);
END;

CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  INSERT INTO message_index (message_index, rowid, user_id, text)
  VALUES ('delete', old.number, old.user_id, old.text);
END;

CREATE TRIGGER messages_updated AFTER UPDATE OF user_id, text ON messages BEGIN
  INSERT INTO message_index (message_index, rowid, user_id, text)
  VALUES ('delete', old.number, old.user_id, old.text);
  INSERT INTO message_index (rowid, user_id, text) VALUES (new.number, new.user_id, new.text);
END;

-- What answers cost. It outlives the conversations, and says nothing of them.
CREATE TABLE usage (
  user_id TEXT NOT NULL, -- '' once the user has had their data deleted
  turn_id TEXT NOT NULL, -- the id of the answer
  model TEXT NOT NULL,
  day TEXT NOT NULL, -- such as 2026-11-23, UTC
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  is_estimated INTEGER NOT NULL CHECK (is_estimated IN (0, 1)), -- nobody had counted
  PRIMARY KEY (user_id, turn_id, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_user ON usage (user_id, day);
CREATE INDEX usage_by_day ON usage (day, model);
