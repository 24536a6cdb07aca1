-- name: begin_attempt
-- Open one try of a running run.
INSERT INTO run_attempts (run_id, attempt, status, started_at, sandbox_id)
SELECT id, :attempt, 'running', :now, :sandbox_id
FROM runs
WHERE id = :run_id AND epoch = :epoch AND status = 'running';

-- name: end_attempt
-- Close the open try of a run.
UPDATE run_attempts
SET status = :status, finished_at = :now, error_type = :error_type,
    duration_ms = MAX(0, CAST((julianday(:now) - julianday(started_at)) * 86400000 AS INTEGER)),
    error_message = :error_message, failed_steps_json = :failed_steps_json
WHERE run_id = :run_id AND attempt = :attempt AND status = 'running'
  AND EXISTS (SELECT 1 FROM runs
              WHERE id = :run_id AND epoch = :epoch AND status IN ('running', 'waiting_for_approval'));

-- name: attempts_to_drive
-- The tries of a run so far.
SELECT attempt, status, started_at, finished_at, error_type, error_message, failed_steps_json
FROM run_attempts
WHERE run_id = :run_id
ORDER BY attempt;
