-- name: add_maintenance_run
-- Keep the report of one maintenance as a run; the same instant again is the same run.
INSERT INTO runs (kind, trigger_source, trigger_json, idempotency_key, status, created_at,
                  started_at, finished_at, random_seed, error_message, output_summary,
                  output_sha256, settled)
VALUES ('maintenance', 'system', :trigger_json, :idempotency_key, :status, :at, :at, :at, '',
        :error_message, :output_summary, :output_sha256, 1)
ON CONFLICT (idempotency_key) DO UPDATE
SET status = excluded.status, error_message = excluded.error_message,
    output_summary = excluded.output_summary, output_sha256 = excluded.output_sha256
RETURNING id;

-- name: keep_report
-- Note the bytes of a report, which live as long as its run names them.
INSERT INTO objects (sha256, size_bytes, media_type, created_at, expires_at)
VALUES (:sha256, :size_bytes, 'application/json', :at, :at)
ON CONFLICT (sha256) DO NOTHING;

-- name: newest_upkeep
-- When the tools were looked after last, and the report of it.
SELECT id, finished_at, output_sha256 FROM runs
WHERE kind = 'maintenance' ORDER BY finished_at DESC LIMIT 1;

-- name: newest_review
-- When a report last held the review of the tools.
SELECT finished_at FROM runs
WHERE kind = 'maintenance' AND trigger_json ->> '$.review' = 1
ORDER BY finished_at DESC LIMIT 1;

-- name: first_tool
-- Since when there is anything to look after.
SELECT created_at FROM artifacts ORDER BY created_at LIMIT 1;

-- name: objects_to_free
-- Objects whose time is over and that nothing names.
SELECT sha256 FROM objects AS o
WHERE o.expires_at <= :now
  AND NOT EXISTS (SELECT 1 FROM artifact_version_files WHERE object_sha256 = o.sha256)
  AND NOT EXISTS (SELECT 1 FROM runs WHERE output_sha256 = o.sha256)
  AND NOT EXISTS (SELECT 1 FROM runs WHERE input_sha256 = o.sha256)
  AND NOT EXISTS (SELECT 1 FROM run_steps WHERE result_sha256 = o.sha256)
  AND NOT EXISTS (SELECT 1 FROM run_steps WHERE arguments_sha256 = o.sha256)
  AND NOT EXISTS (SELECT 1 FROM replay_cases
                  WHERE o.sha256 IN (input_sha256, trace_sha256, expected_sha256))
LIMIT 5000;

-- name: forget_object
-- Forget an object whose bytes are gone.
DELETE FROM objects WHERE sha256 = :sha256 AND expires_at <= :now
  AND NOT EXISTS (SELECT 1 FROM artifact_version_files WHERE object_sha256 = :sha256);
