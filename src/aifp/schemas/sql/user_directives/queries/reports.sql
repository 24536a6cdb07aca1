-- name: status_counts
-- How many directives stand in each status.
SELECT status, count(*) AS directives FROM user_directives
WHERE :name IS NULL OR name = :name GROUP BY status ORDER BY status;

-- name: status_lines
-- Where every directive stands, or one.
SELECT d.id, d.name, d.status, d.approved, d.pause_cause, d.last_error, s.next_due_at,
       (SELECT coalesce(sum(r.success), 0) FROM run_daily r
         WHERE r.subject_kind = 'directive' AND r.subject_id = CAST(d.id AS TEXT)) AS success,
       (SELECT coalesce(sum(r.failure + r.timeout), 0) FROM run_daily r
         WHERE r.subject_kind = 'directive' AND r.subject_id = CAST(d.id AS TEXT)) AS failed,
       coalesce(l.finished_at, l.started_at, l.due_at, l.created_at) AS last_run,
       l.status AS last_outcome
FROM user_directives d
LEFT JOIN directive_schedule s ON s.directive_id = d.id
LEFT JOIN runs l ON l.id = (SELECT max(n.id) FROM runs n
                            WHERE n.directive_id = d.id AND n.mode = 'live')
WHERE (:name IS NULL OR d.name = :name) AND (d.status <> 'archived' OR :name IS NOT NULL)
ORDER BY d.priority DESC, d.name LIMIT 500;

-- name: outcomes_since
-- Runs by outcome since an instant; a folded row counts all its due times.
SELECT r.status, sum(r.due_count) AS runs
FROM runs r LEFT JOIN user_directives d ON d.id = r.directive_id
WHERE r.kind = 'directive' AND r.mode = 'live'
  AND coalesce(r.finished_at, r.started_at, r.due_at, r.created_at) >= :since
  AND (:name IS NULL OR d.name = :name)
GROUP BY r.status ORDER BY r.status;

-- name: late_starts_since
-- Runs that began more than a second after their due time, the latest first.
SELECT r.id AS run_id, d.name AS directive, r.due_at,
       CAST(round((julianday(r.started_at) - julianday(r.due_at)) * 86400000) AS INTEGER) AS late_ms
FROM runs r JOIN user_directives d ON d.id = r.directive_id
WHERE r.kind = 'directive' AND r.mode = 'live' AND r.due_at IS NOT NULL
  AND r.started_at >= :since AND (:name IS NULL OR d.name = :name)
  AND julianday(r.started_at) - julianday(r.due_at) > 1.0 / 86400
ORDER BY late_ms DESC LIMIT 50;

-- name: failures_since
-- Failed runs since an instant, newest first.
SELECT r.id, r.directive_id, d.name AS directive_name, r.status, r.reason, r.due_at, r.started_at,
       r.finished_at, r.duration_ms, r.attempts, r.trigger_source, r.error_message, r.log_file,
       r.log_offset
FROM runs r JOIN user_directives d ON d.id = r.directive_id
WHERE r.kind = 'directive' AND r.mode = 'live' AND r.status IN ('failure', 'timeout', 'interrupted')
  AND r.finished_at >= :since AND (:name IS NULL OR d.name = :name)
ORDER BY r.id DESC LIMIT 50;

-- name: log_files_since
-- The log files that hold the lines of those runs.
SELECT DISTINCT r.log_file
FROM runs r JOIN user_directives d ON d.id = r.directive_id
WHERE r.log_file IS NOT NULL AND r.started_at >= :since AND (:name IS NULL OR d.name = :name)
ORDER BY r.log_file DESC LIMIT 50;

-- name: alerts_about
-- Open alerts, about one subject if named.
SELECT id, created_at, severity, code, subject_kind, subject_name, message, suggestion, stats_json,
       state
FROM alerts WHERE state = 'open' AND (:name IS NULL OR subject_name = :name)
ORDER BY id DESC LIMIT 50;

-- name: next_due_lines
-- The next due times, of one directive if named.
SELECT d.name AS directive, s.next_due_at
FROM directive_schedule s JOIN user_directives d ON d.id = s.directive_id
WHERE d.status = 'active' AND s.next_due_at IS NOT NULL AND (:name IS NULL OR d.name = :name)
ORDER BY s.next_due_at, d.name LIMIT 50;

-- name: log_folders
-- Where the log files lie.
SELECT log_directory FROM logging_config ORDER BY id;

-- name: newest_failure
-- What the newest failed run of a directive said, beside what is kept of it.
SELECT d.last_error, coalesce(r.error_message, r.reason, r.status) AS error
FROM runs r JOIN user_directives d ON d.id = r.directive_id
WHERE r.directive_id = :directive_id AND r.kind = 'directive' AND r.mode = 'live'
  AND r.status IN ('failure', 'timeout', 'interrupted')
ORDER BY r.id DESC LIMIT 1;

-- name: keep_last_error
-- Keep the newest failure beside the directive.
UPDATE user_directives SET last_error = :last_error, updated_at = :at WHERE id = :id;
