-- name: ready_runs
-- Runs that nobody drives yet and whose time has come, the most urgent first.
SELECT r.id, r.directive_id, r.priority, r.trigger_source
FROM runs AS r
WHERE r.kind = 'directive' AND r.mode = 'live' AND r.epoch = 0
  AND (
    (r.status = 'queued' AND r.reason IS NULL AND r.wake_at IS NULL)
    OR (r.status IN ('queued', 'waiting_for_approval') AND r.wake_at <= :now)
    OR (r.status = 'waiting_for_approval' AND EXISTS (
        SELECT 1 FROM approvals AS a
        WHERE a.subject_kind = 'run' AND a.subject_id = CAST(r.id AS TEXT)
          AND a.decision <> 'pending'))
  )
ORDER BY r.priority DESC, r.due_at, r.id;

-- name: next_wake
-- When the first waiting run that nobody drives must be looked at again.
SELECT min(wake_at) AS wake_at
FROM runs
WHERE status IN ('queued', 'waiting_for_approval') AND epoch = 0 AND wake_at IS NOT NULL;

-- name: run_to_admit
-- One open run that nobody drives yet.
SELECT id, directive_id, due_at, started_at, status, reason, wake_at, created_at, trigger_source,
       trigger_json, input_json
FROM runs
WHERE id = :id AND epoch = 0 AND kind = 'directive' AND mode = 'live'
  AND status IN ('queued', 'running', 'waiting_for_approval');

-- name: recent_starts
-- How many other runs of a directive took their slot after an instant.
SELECT count(*) AS runs
FROM runs
WHERE directive_id = :directive_id AND started_at > :after AND id <> :id
  AND kind = 'directive' AND mode = 'live' AND trigger_source <> 'system';

-- name: slot_holders
-- The other open runs of a directive that have taken their slot.
SELECT id, epoch
FROM runs
WHERE directive_id = :directive_id AND id <> :id
  AND kind = 'directive' AND mode = 'live' AND trigger_source <> 'system'
  AND (status IN ('running', 'waiting_for_approval')
       OR (status = 'queued' AND started_at IS NOT NULL))
ORDER BY id;

-- name: line_length
-- How many other runs of a directive wait in line.
SELECT count(*) AS runs
FROM runs
WHERE directive_id = :directive_id AND id <> :id AND status = 'queued'
  AND reason = 'waiting in line';

-- name: take_slot
-- From here on the run counts as active.
UPDATE runs
SET started_at = :at, reason = NULL, wake_at = NULL
WHERE id = :id AND epoch = 0 AND status = 'queued' AND started_at IS NULL;

-- name: first_in_line
-- Let the oldest waiting run of a directive try again.
UPDATE runs
SET wake_at = :at
WHERE id = (
    SELECT id FROM runs
    WHERE directive_id = :directive_id AND status = 'queued' AND reason = 'waiting in line'
    ORDER BY due_at, id
    LIMIT 1);

-- name: lines_to_advance
-- Directives with runs in line and nobody active: after a restart.
SELECT DISTINCT w.directive_id
FROM runs AS w
WHERE w.status = 'queued' AND w.reason = 'waiting in line'
  AND NOT EXISTS (
    SELECT 1 FROM runs AS a
    WHERE a.directive_id = w.directive_id AND a.kind = 'directive' AND a.mode = 'live'
      AND a.trigger_source <> 'system'
      AND (a.status IN ('running', 'waiting_for_approval')
           OR (a.status = 'queued' AND a.started_at IS NOT NULL)));

-- name: wait_queued
-- Leave the run where it is until an instant, and say what for.
UPDATE runs
SET reason = :reason, wake_at = :wake_at
WHERE id = :id AND epoch = 0 AND status = 'queued';

-- name: wake_needing
-- Let the runs that wait for a directive look at its run again.
UPDATE runs SET wake_at = :at WHERE status = 'queued' AND epoch = 0 AND reason = :reason;

-- name: needed_run
-- The newest run of a directive planned at or before an instant.
SELECT r.status
FROM runs AS r
JOIN user_directives AS d ON d.id = r.directive_id
WHERE d.name = :name AND r.due_at <= :due_at AND r.kind = 'directive' AND r.mode = 'live'
  AND r.trigger_source <> 'system'
ORDER BY r.due_at DESC, r.id DESC
LIMIT 1;

-- name: wait_for_person
-- The run waits for its own approval; stored, with an end.
UPDATE runs
SET status = 'waiting_for_approval', reason = :reason, wake_at = :wake_at
WHERE id = :id AND epoch = 0 AND status IN ('queued', 'waiting_for_approval');

-- name: approval_of_run
-- The request that asks for one run.
SELECT id, subject_kind, subject_id, release_sha256, directive_sha256, code_sha256,
       permissions_sha256, decision, decided_by, channel, decided_at, reason, checksum, expires_at
FROM approvals
WHERE subject_kind = 'run' AND subject_id = :run_id
ORDER BY id DESC
LIMIT 1;

-- name: admitted
-- The run may be driven: back in the queue, with the release it begins with.
UPDATE runs
SET status = 'queued', reason = NULL, wake_at = NULL, input_json = :input_json,
    started_at = coalesce(started_at, :at)
WHERE id = :id AND epoch = 0 AND status IN ('queued', 'waiting_for_approval');
