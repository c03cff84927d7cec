-- When a user had all their data deleted (milliseconds since 1970). An answer that was still being written then is not
-- saved: else the conversation would be there again.
ALTER TABLE users ADD COLUMN deleted_at INTEGER;
