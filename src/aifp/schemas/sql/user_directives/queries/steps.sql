-- name: steps_to_drive
-- The whole trace of a run, oldest attempt first.
SELECT attempt, seq, function, call_sha256, status, result_json, result_sha256, error_type,
       error_message, idempotency_key, started_at, finished_at, wake_at
FROM run_steps
WHERE run_id = :run_id
ORDER BY attempt, seq;

-- name: begin_step
-- Write down what is about to be done.
INSERT INTO run_steps (run_id, attempt, seq, function, call_sha256, arguments_json,
                       arguments_sha256, status, idempotency_key, started_at)
SELECT id, :attempt, :seq, :function, :call_sha256, :arguments_json, :arguments_sha256,
       'started', :idempotency_key, :now
FROM runs
WHERE id = :run_id AND epoch = :epoch AND status = 'running';

-- name: copy_step
-- Answer a step of a new attempt from an earlier one.
INSERT INTO run_steps (run_id, attempt, seq, function, call_sha256, arguments_json,
                       arguments_sha256, result_json, result_sha256, status, error_type,
                       error_message, idempotency_key, started_at, finished_at, bytes_in, bytes_out)
SELECT s.run_id, :attempt, :seq, s.function, s.call_sha256, s.arguments_json,
       s.arguments_sha256, s.result_json, s.result_sha256, s.status, s.error_type,
       s.error_message, s.idempotency_key, s.started_at, s.finished_at, s.bytes_in, s.bytes_out
FROM run_steps AS s
JOIN runs AS r ON r.id = s.run_id
WHERE s.run_id = :run_id AND s.attempt = :from_attempt AND s.seq = :from_seq
  AND r.epoch = :epoch AND r.status = 'running';

-- name: end_step
-- Write down what came of it.
UPDATE run_steps
SET status = :status, result_json = :result_json, result_sha256 = :result_sha256,
    error_type = :error_type, error_message = :error_message, finished_at = :now, wake_at = NULL,
    bytes_in = :bytes_in, bytes_out = :bytes_out
WHERE run_id = :run_id AND attempt = :attempt AND seq = :seq AND status = 'started'
  AND EXISTS (SELECT 1 FROM runs WHERE id = :run_id AND epoch = :epoch AND status = 'running');

-- name: postpone_step
-- A begun step waits: a sleep, or its own retry.
UPDATE run_steps
SET wake_at = :wake_at, result_json = :result_json
WHERE run_id = :run_id AND attempt = :attempt AND seq = :seq AND status = 'started'
  AND EXISTS (SELECT 1 FROM runs WHERE id = :run_id AND epoch = :epoch AND status = 'running');

-- name: note_object
-- Register a body kept in the object store until its run's details expire.
INSERT INTO objects (sha256, size_bytes, media_type, created_at, expires_at)
VALUES (:sha256, :size_bytes, 'application/json', :now, :expires_at)
ON CONFLICT (sha256) DO UPDATE
SET expires_at = CASE WHEN objects.expires_at IS NULL THEN NULL
                      ELSE MAX(objects.expires_at, excluded.expires_at) END;

-- name: refusals_since
-- How often a directive, or a tool by itself, was refused one kind of call lately.
SELECT COUNT(*) AS refusals
FROM run_steps AS s
JOIN runs AS r ON r.id = s.run_id
WHERE r.kind = CASE :kind WHEN 'artifact' THEN 'tool' ELSE 'directive' END
  AND CASE :kind WHEN 'artifact' THEN r.artifact_id ELSE r.directive_id END = :id AND s.function = :function AND s.status = 'denied'
  AND s.started_at >= :since;
