-- name: executions_since
-- How many runs ended with success, failure or timeout since an instant.
SELECT count(*) AS executions FROM runs
WHERE kind = 'directive' AND mode = 'live' AND trigger_source <> 'system'
  AND status IN ('success', 'failure', 'timeout') AND finished_at >= :since;

-- name: failing_directives
-- Directives that were stopped, or failed since an instant; steps that tell of it do not count.
SELECT d.id, d.name, d.status, count(r.id) AS error_count,
       coalesce(d.last_error, max(r.error_message)) AS last_error,
       (SELECT max(t.last_at) FROM run_daily t
         WHERE t.subject_kind = 'directive' AND t.subject_id = CAST(d.id AS TEXT)
           AND t.success + t.failure + t.timeout > 0) AS last_execution
FROM user_directives d
LEFT JOIN runs r ON r.directive_id = d.id AND r.kind = 'directive' AND r.mode = 'live'
    AND r.trigger_source <> 'system' AND r.status IN ('failure', 'timeout')
    AND r.finished_at >= :since
WHERE d.status <> 'archived'
GROUP BY d.id HAVING d.status = 'error' OR count(r.id) > 0
ORDER BY error_count DESC, d.name;

-- name: most_executed
-- The directives that ran most since a day.
SELECT d.name AS directive, sum(r.success + r.failure + r.timeout) AS count
FROM run_daily r JOIN user_directives d ON r.subject_id = CAST(d.id AS TEXT)
WHERE r.subject_kind = 'directive' AND r.day >= :first
GROUP BY d.id HAVING sum(r.success + r.failure + r.timeout) > 0
ORDER BY count DESC, d.name LIMIT :most;

-- name: most_failures
-- The directives that failed most since a day.
SELECT d.name AS directive, sum(r.failure + r.timeout) AS failure_count
FROM run_daily r JOIN user_directives d ON r.subject_id = CAST(d.id AS TEXT)
WHERE r.subject_kind = 'directive' AND r.day >= :first
GROUP BY d.id HAVING sum(r.failure + r.timeout) > 0
ORDER BY failure_count DESC, d.name LIMIT :most;

-- name: things_needed
-- What the directives that are not archived need, each thing once.
SELECT n.dependency_type, n.name, min(n.is_installed) AS is_installed,
       json_group_array(d.name) AS required_by
FROM directive_dependencies n JOIN user_directives d ON d.id = n.directive_id
WHERE n.required = 1 AND d.status <> 'archived'
GROUP BY n.dependency_type, n.name ORDER BY n.dependency_type, n.name;

-- name: directives_by_last_run
-- Directives that ought to run, with when they last began; of runs long gone, when they ended.
SELECT d.id, d.name, d.source_file, d.directive_type, d.trigger, d.action, d.configuration_json,
       d.status, d.approved, d.created_at, d.activated_at, s.next_due_at,
       (SELECT a.decision FROM approvals a WHERE a.subject_kind = 'directive'
          AND a.subject_id = CAST(d.id AS TEXT) ORDER BY a.id DESC LIMIT 1) AS last_decision,
       coalesce(
         (SELECT max(r.started_at) FROM runs r WHERE r.directive_id = d.id
            AND r.kind = 'directive' AND r.mode = 'live' AND r.trigger_source <> 'system'),
         (SELECT max(t.last_at) FROM run_daily t
            WHERE t.subject_kind = 'directive' AND t.subject_id = CAST(d.id AS TEXT)
              AND t.success + t.failure + t.timeout > 0)) AS last_execution
FROM user_directives d LEFT JOIN directive_schedule s ON s.directive_id = d.id
WHERE d.status IN ('active', 'paused', 'error')
ORDER BY last_execution IS NOT NULL, last_execution, d.name;
