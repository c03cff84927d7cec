-- Who an account was as a guest: asked when somebody comes back to an answer, or stops it.
CREATE INDEX users_by_account ON users (merged_into) WHERE merged_into IS NOT NULL;
