CREATE TABLE messages (
  user_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  id TEXT NOT NULL,
  message TEXT NOT NULL, -- JSON: a UI message
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, chat_id, id)
) STRICT;
