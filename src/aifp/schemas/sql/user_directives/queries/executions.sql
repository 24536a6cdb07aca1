-- name: execution_totals
-- The rollups of one directive, added up.
SELECT d.id, d.name, coalesce(sum(r.success), 0) AS success, coalesce(sum(r.failure), 0) AS failure,
       coalesce(sum(r.timeout), 0) AS timeout, coalesce(sum(r.skipped), 0) AS skipped,
       coalesce(sum(r.missed), 0) AS missed, coalesce(sum(r.cancelled), 0) AS cancelled,
       coalesce(sum(r.interrupted), 0) AS interrupted, coalesce(sum(r.timed_runs), 0) AS timed_runs,
       coalesce(sum(r.sum_duration_ms), 0) AS sum_duration_ms,
       (SELECT count(*) FROM runs w WHERE w.directive_id = d.id AND w.mode = 'live'
          AND w.status = 'waiting_for_approval') AS waiting_for_approval
FROM user_directives d
LEFT JOIN run_daily r ON r.subject_kind = 'directive' AND r.subject_id = CAST(d.id AS TEXT)
WHERE d.id = :directive_id GROUP BY d.id;

-- name: last_counted_run
-- The newest day of a directive that has a counted run.
SELECT last_status, last_at FROM run_daily
WHERE subject_kind = 'directive' AND subject_id = :subject_id AND last_at IS NOT NULL
ORDER BY last_at DESC LIMIT 1;

-- name: recent_runs
-- Runs of all outcomes, newest first.
SELECT r.id, r.directive_id, d.name AS directive_name, r.status, r.reason, r.due_at, r.started_at,
       r.finished_at, r.duration_ms, r.attempts, r.trigger_source, r.error_message, r.log_file,
       r.log_offset
FROM runs r LEFT JOIN user_directives d ON d.id = r.directive_id
WHERE r.kind = 'directive' AND r.mode = 'live'
  AND (:directive_id IS NULL OR r.directive_id = :directive_id)
ORDER BY r.id DESC LIMIT :limit;

-- name: count_of_recent_runs
-- How many runs of all outcomes there are.
SELECT count(*) AS total FROM runs
WHERE kind = 'directive' AND mode = 'live'
  AND (:directive_id IS NULL OR directive_id = :directive_id);

-- name: run_by_id
-- One run.
SELECT r.id, r.directive_id, d.name AS directive_name, r.status, r.reason, r.due_at, r.started_at,
       r.finished_at, r.duration_ms, r.attempts, r.trigger_source, r.error_message, r.log_file,
       r.log_offset, r.kind, r.mode, r.wake_at
FROM runs r LEFT JOIN user_directives d ON d.id = r.directive_id
WHERE r.id = :run_id;

-- name: attempts_of_run
-- Every try of one run, in order.
SELECT attempt, status, started_at, finished_at, duration_ms, error_type, error_message
FROM run_attempts WHERE run_id = :run_id ORDER BY attempt;

-- name: steps_of_run
-- The trace of one run, in order.
SELECT attempt, seq, function, status, arguments_json, result_json, error_message, idempotency_key,
       started_at, finished_at
FROM run_steps
WHERE run_id = :run_id AND (:attempt IS NULL OR attempt = :attempt)
ORDER BY attempt, seq LIMIT :limit OFFSET :offset;

-- name: count_of_steps
-- How many steps the trace of one run has.
SELECT count(*) AS total FROM run_steps
WHERE run_id = :run_id AND (:attempt IS NULL OR attempt = :attempt);

-- name: failed_runs
-- Runs that failed or took too long since an instant, newest first; no steps that tell of it.
SELECT r.id, r.directive_id, d.name AS directive_name, r.status, r.reason, r.due_at, r.started_at,
       r.finished_at, r.duration_ms, r.attempts, r.trigger_source, r.error_message, r.log_file,
       r.log_offset
FROM runs r LEFT JOIN user_directives d ON d.id = r.directive_id
WHERE r.status IN ('failure', 'timeout') AND r.kind = 'directive' AND r.mode = 'live'
  AND r.trigger_source <> 'system'
  AND (:directive_id IS NULL OR r.directive_id = :directive_id)
  AND coalesce(r.started_at, r.created_at) >= :since
ORDER BY coalesce(r.started_at, r.created_at) DESC, r.id DESC LIMIT :limit;

-- name: count_of_failed_runs
-- How many runs failed or took too long since an instant.
SELECT count(*) AS total FROM runs
WHERE status IN ('failure', 'timeout') AND kind = 'directive' AND mode = 'live'
  AND trigger_source <> 'system'
  AND (:directive_id IS NULL OR directive_id = :directive_id)
  AND coalesce(started_at, created_at) >= :since;

-- name: record_external_run
-- A finished run that something outside the engine did; nothing more follows from it.
INSERT INTO runs (kind, mode, directive_id, directive_version, trigger_source, idempotency_key,
                  status, attempts, created_at, started_at, finished_at, duration_ms, error_type,
                  error_message, random_seed, settled)
SELECT 'directive', 'live', id, version, 'external', 'external:' || hex(randomblob(16)), :status,
       1, :at, :started_at, :at, :duration_ms, :error_type, :error_message, '', 1
FROM user_directives WHERE id = :directive_id
RETURNING id;
