-- name: set_stop_switch
-- Stop everything, also after a restart.
INSERT INTO engine_state (key, value_json, updated_at) VALUES ('stop_switch', :value_json, :now)
ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at;

-- name: clear_stop_switch
-- Let runs start again.
DELETE FROM engine_state WHERE key = 'stop_switch';

-- name: open_runs
-- Runs that have not ended, oldest first.
SELECT r.id, d.name, r.status, r.started_at
FROM runs AS r
LEFT JOIN user_directives AS d ON d.id = r.directive_id
WHERE r.status IN ('queued', 'running', 'waiting_for_approval')
ORDER BY r.id
LIMIT :limit;

-- name: open_run_ids
-- Every run that has not ended.
SELECT id FROM runs WHERE status IN ('queued', 'running', 'waiting_for_approval') ORDER BY id;

-- name: note_unstarted_log
-- Remember where the log line of a run stands that was never driven.
UPDATE runs SET log_file = :log_file, log_offset = :log_offset
WHERE id = :id AND log_file IS NULL;
