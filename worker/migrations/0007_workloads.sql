-- Calls of the workloads besides chat, by day: for their limits. Kept until the day is over, as `admissions` are.
CREATE TABLE workload_calls (
  day TEXT NOT NULL, -- such as 2026-11-23, UTC
  who TEXT NOT NULL, -- the id of a user, or a keyed digest of a guest's network address
  workload TEXT NOT NULL, -- such as 'transcribe'
  calls INTEGER NOT NULL,
  PRIMARY KEY (day, who, workload)
) STRICT, WITHOUT ROWID;
