-- name: open_run
-- Insert one run under its key, once; who comes second gets no row.
INSERT INTO runs
    (kind, mode, directive_id, directive_version, priority, due_at, due_until, due_count,
     trigger_source, trigger_json, idempotency_key, status, reason, created_at, finished_at,
     wake_at, input_json, random_seed)
VALUES
    ('directive', 'live', :directive_id, :directive_version, :priority, :due_at, :due_until,
     :due_count, :trigger_source, :trigger_json, :idempotency_key, :status, :reason, :created_at,
     :finished_at, :wake_at, :input_json, :random_seed)
ON CONFLICT (idempotency_key) DO NOTHING
RETURNING id;

-- name: run_under_key
-- The run that was already opened for an event.
SELECT id FROM runs WHERE idempotency_key = :idempotency_key;

-- name: close_unstarted
-- End a run that no driver holds; nothing happens to one that has begun or ended.
UPDATE runs
SET status = :status, reason = :reason, finished_at = :at, started_at = NULL, wake_at = NULL,
    error_type = :error_type, error_message = :error_message
WHERE id = :id AND epoch = 0 AND status IN ('queued', 'running', 'waiting_for_approval')
RETURNING id, directive_id, trigger_source;

-- name: stop_switch
-- The stop switch, if it is on.
SELECT value_json FROM engine_state WHERE key = 'stop_switch' AND value_json <> 'null';
