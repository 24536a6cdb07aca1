-- name: unsettled_runs
-- Ended runs whose consequences have not been drawn yet, oldest first.
SELECT id, directive_id, directive_version, status, reason, trigger_source, trigger_json, due_at,
       due_count, finished_at, log_file, epoch
FROM runs
WHERE settled = 0 AND finished_at IS NOT NULL AND kind = 'directive' AND mode = 'live'
ORDER BY finished_at, id
LIMIT 200;

-- name: settle_run
-- Draw the consequences of a run once.
UPDATE runs SET settled = 1 WHERE id = :id AND settled = 0 AND finished_at IS NOT NULL;
