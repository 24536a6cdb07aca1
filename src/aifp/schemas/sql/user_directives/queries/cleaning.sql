-- name: uses_of_artifact
-- How often a tool was used, how that went, and when last; from the totals of its days.
SELECT coalesce(sum(success), 0) AS successes,
       coalesce(sum(success + failure + timeout), 0) AS executions,
       coalesce(sum(timed_runs), 0) AS timed_runs,
       coalesce(sum(sum_duration_ms), 0) AS duration_ms,
       max(last_at) AS last_used
FROM run_daily WHERE subject_kind = 'artifact' AND subject_id = :id;

-- name: watch_over_directive
-- Whether a directive fires, or would if its code were there.
SELECT name, status = 'active' OR (status = 'paused' AND pause_cause = 'file_deleted') AS fires
FROM user_directives WHERE id = :id;

-- name: tools_and_uses
-- The tools in one status, with their uses added up over all days.
SELECT a.id, a.kind, a.name, a.directive_id, a.description, a.status, a.status_changed_at,
       a.parameters_json, a.current_version_id, a.created_at,
       coalesce(sum(r.success), 0) AS successes,
       coalesce(sum(r.success + r.failure + r.timeout), 0) AS executions,
       coalesce(sum(r.timed_runs), 0) AS timed_runs,
       coalesce(sum(r.sum_duration_ms), 0) AS duration_ms,
       max(r.last_at) AS last_used
FROM artifacts AS a
LEFT JOIN run_daily AS r ON r.subject_kind = 'artifact' AND r.subject_id = CAST(a.id AS TEXT)
WHERE a.status = :status AND a.kind <> 'manifest_tool'
GROUP BY a.id ORDER BY a.name, a.kind;

-- name: what_needs_tool
-- What still refers to a tool, in words; a tool is purged only when nothing does.
SELECT 'the open alert ' || code AS holder FROM alerts
WHERE subject_kind = 'artifact' AND subject_id = CAST(:id AS TEXT) AND state = 'open'
UNION ALL
SELECT 'the directive ' || d.name FROM user_directives AS d
WHERE d.status <> 'archived'
  AND (d.id = (SELECT directive_id FROM artifacts WHERE id = :id)
       OR d.id IN (SELECT directive_id FROM directive_implementations WHERE artifact_id = :id)
       OR EXISTS (SELECT 1 FROM json_each(d.permissions_json) AS p
                  WHERE p.value ->> '$.resource' = 'tool'
                    AND p.value ->> '$.value.name' = :tool_name))
UNION ALL
SELECT 'the tool ' || name || ', whose successor it is' FROM artifacts
WHERE successor_id = :id AND id <> :id
UNION ALL
SELECT 'the tool ' || a.name || ', which calls it' FROM artifacts AS a
JOIN artifact_versions AS v ON v.id = a.current_version_id
WHERE a.id <> :id AND a.kind = 'user_tool' AND a.status IN ('active', 'deprecated')
  AND EXISTS (SELECT 1 FROM json_each(v.permissions_json) AS p
              WHERE p.value ->> '$.resource' = 'tool' AND p.value ->> '$.value.name' = :tool_name)
UNION ALL
SELECT 'the open run ' || id FROM runs
WHERE artifact_id = :id AND status IN ('queued', 'running', 'waiting_for_approval');

-- name: size_of_tool
-- What a purge takes away, for the event that stays.
SELECT (SELECT count(*) FROM artifact_versions WHERE artifact_id = :id) AS versions,
       (SELECT count(*) FROM runs WHERE artifact_id = :id) AS runs,
       (SELECT code_hash FROM artifact_versions WHERE artifact_id = :id
        ORDER BY version_number DESC LIMIT 1) AS last_hash;

-- name: expire_objects_of_tool
-- Let the bytes go that only this tool's versions name.
UPDATE objects SET expires_at = :at
WHERE sha256 IN (SELECT f.object_sha256 FROM artifact_version_files AS f
                 JOIN artifact_versions AS v ON v.id = f.version_id WHERE v.artifact_id = :id)
  AND NOT EXISTS (SELECT 1 FROM artifact_version_files AS o
                  JOIN artifact_versions AS w ON w.id = o.version_id
                  WHERE o.object_sha256 = objects.sha256 AND w.artifact_id <> :id);

-- name: purge_runs_of_tool
-- Drop the runs of a tool with their attempts and steps.
DELETE FROM runs WHERE artifact_id = :id;

-- name: purge_totals_of_tool
-- Drop the daily totals of a tool; those of its directive and of the project stay.
DELETE FROM run_daily WHERE subject_kind = 'artifact' AND subject_id = CAST(:id AS TEXT);

-- name: purge_state_of_tool
-- Drop what a tool remembered.
DELETE FROM kv_state WHERE owner_kind = 'artifact' AND owner_id = CAST(:id AS TEXT);

-- name: purge_grants_of_tool
-- Drop what a tool was allowed.
DELETE FROM grants WHERE subject_kind = 'artifact' AND subject_id = CAST(:id AS TEXT);

-- name: withdraw_requests_of_tool
-- Withdraw what waits for a person about a tool that is gone.
UPDATE approvals SET decision = 'superseded', decided_at = :at
WHERE decision = 'pending'
  AND (subject_kind IN ('artifact', 'archive_duplicate', 'overwrite', 'destroy_state')
       AND subject_id = CAST(:id AS TEXT)
       OR subject_kind = 'waive_tests'
       AND subject_id IN (SELECT CAST(id AS TEXT) FROM artifact_versions WHERE artifact_id = :id));

-- name: close_alerts_of_tool
-- Close every alert about a tool that is gone.
UPDATE alerts SET state = 'resolved', resolved_at = :at, resolved_by = 'auto_cleanup'
WHERE subject_kind = 'artifact' AND subject_id = CAST(:id AS TEXT) AND state <> 'resolved';

-- name: purge_implementation_rows
-- Drop which directive versions used a tool's code.
DELETE FROM directive_implementations WHERE artifact_id = :id;

-- name: purge_tool
-- Drop a tool with its versions, deployments and tests.
DELETE FROM artifacts WHERE id = :id;
