-- name: requests_to_expire
-- Open requests whose time is over.
SELECT id, subject_kind, subject_id, subject_name
FROM approvals
WHERE decision = 'pending' AND expires_at <= :now
ORDER BY id;

-- name: expire_request
-- Close a request that nobody answered.
UPDATE approvals
SET decision = 'expired', decided_by = 'system', decided_at = :now
WHERE id = :id AND decision = 'pending' AND expires_at <= :now;

-- name: newest_run
-- The newest run of all.
SELECT max(id) AS id FROM runs;

-- name: runs_with_old_steps
-- Ended runs of a stretch of ids whose step details are too old.
SELECT r.id
FROM runs AS r
WHERE r.id > :after AND r.id <= :until AND r.finished_at < :now
  AND EXISTS (SELECT 1 FROM run_steps AS s WHERE s.run_id = r.id)
ORDER BY r.id;

-- name: drop_steps
-- Drop the step details of a run.
DELETE FROM run_steps WHERE run_id = :run_id;

-- name: runs_to_drop
-- Ended runs of a stretch of ids older than their directive keeps them; the last run of each
-- directive and those with an open alert stay.
SELECT r.id
FROM runs AS r
LEFT JOIN user_directives AS d ON d.id = r.directive_id
WHERE r.id > :after AND r.id <= :until
  AND r.finished_at < strftime('%Y-%m-%dT%H:%M:%fZ', :now, '-' || (coalesce(
        json_extract(d.configuration_json, '$.policies.keep_ms'), 7776000000) / 1000) || ' seconds')
  AND (r.settled = 1 OR r.mode <> 'live' OR r.kind <> 'directive')
  AND r.id <> coalesce((SELECT max(n.id) FROM runs AS n
                        WHERE n.directive_id = r.directive_id AND n.mode = 'live'), 0)
  AND NOT EXISTS (
    SELECT 1 FROM alerts AS a
    WHERE a.state IN ('open', 'acknowledged')
      AND ((a.subject_kind = 'run' AND a.subject_id = CAST(r.id AS TEXT))
           OR json_extract(a.stats_json, '$.run_id') = r.id))
ORDER BY r.id;

-- name: drop_run
-- Drop one run with its attempts and steps.
DELETE FROM runs WHERE id = :id;

-- name: drop_expired_state
-- Drop remembered values whose time is over.
DELETE FROM kv_state WHERE expires_at IS NOT NULL AND expires_at <= :now;

-- name: note_maintenance
-- Remember when the daemon last cleaned.
INSERT INTO engine_state (key, value_json, updated_at) VALUES ('last_maintenance', 'true', :now)
ON CONFLICT (key) DO UPDATE SET updated_at = excluded.updated_at;

-- name: last_maintenance
-- When the daemon last cleaned.
SELECT updated_at FROM engine_state WHERE key = 'last_maintenance';

-- name: watched_source_files
-- Every parsed file with what it was when it was parsed.
SELECT id, path, sha256, changed_at FROM source_files ORDER BY id;

-- name: note_source_change
-- Note that a file differs from what was parsed, or no longer does.
UPDATE source_files SET changed_at = :at WHERE id = :id;
