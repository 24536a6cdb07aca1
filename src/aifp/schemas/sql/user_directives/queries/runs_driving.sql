-- name: run_to_drive
-- What the driver must know of a run before it takes it.
SELECT id, mode, kind, directive_id, directive_version, artifact_version_id, approval_id,
       release_sha256, status, epoch, priority, attempts, idempotency_key, due_at, started_at,
       wake_at, working_ms, trigger_source, trigger_json, input_json, random_seed, log_file,
       log_offset, error_message
FROM runs
WHERE id = :id;

-- name: claim_run
-- Take the next epoch of an open run; nobody who holds an older epoch can write any more.
UPDATE runs
SET status = 'running', epoch = epoch + 1, started_at = COALESCE(started_at, :now), wake_at = NULL,
    lease_owner = :owner, directive_version = :directive_version,
    artifact_version_id = :artifact_version_id, approval_id = :approval_id,
    artifact_id = (SELECT artifact_id FROM artifact_versions WHERE id = :artifact_version_id),
    release_sha256 = :release_sha256
WHERE id = :id AND epoch = :epoch AND status IN ('queued', 'running', 'waiting_for_approval')
RETURNING epoch, started_at;

-- name: note_run_start
-- The attempt a run is in, what it began with and where its first log line stands.
UPDATE runs
SET attempts = :attempt, input_json = :input_json, log_file = COALESCE(log_file, :log_file),
    log_offset = COALESCE(log_offset, :log_offset)
WHERE id = :id AND epoch = :epoch AND status = 'running';

-- name: park_run
-- Let a run wait without a process until its time.
UPDATE runs
SET wake_at = :wake_at, working_ms = :working_ms
WHERE id = :id AND epoch = :epoch AND status = 'running';

-- name: close_run
-- End an open run, once.
UPDATE runs
SET status = :status, reason = :reason, finished_at = :now, wake_at = NULL, lease_owner = NULL,
    duration_ms = :duration_ms, working_ms = :working_ms, error_type = :error_type,
    error_message = :error_message, output_summary = :output_summary,
    output_sha256 = :output_sha256, cpu_ms = :cpu_ms, memory_peak_mb = :memory_peak_mb
WHERE id = :id AND epoch = :epoch AND status IN ('queued', 'running', 'waiting_for_approval');

-- name: runs_to_recover
-- Runs that were being driven when the engine ended.
SELECT id, kind, mode, priority, wake_at, directive_id, trigger_source
FROM runs
WHERE (status = 'running' AND epoch > 0) OR (status = 'queued' AND (mode <> 'live' OR kind = 'tool'))
ORDER BY priority DESC, id;

-- name: open_manual_run
-- Open a run that a person asked for; a dry run is never counted.
INSERT INTO runs (kind, mode, directive_id, priority, trigger_source, trigger_json,
                  idempotency_key, status, created_at, input_json, random_seed)
VALUES ('directive', :mode, :directive_id, :priority, 'manual', :trigger_json,
        :idempotency_key, 'queued', :now, :input_json, :random_seed)
RETURNING id;

-- name: run_standing
-- How a run stands, for the one who waits for it.
SELECT id, status, reason, error_message, output_summary, output_sha256, wake_at
FROM runs
WHERE id = :id;

-- name: run_named
-- The directive of a run, by name.
SELECT d.name
FROM runs AS r
JOIN user_directives AS d ON d.id = r.directive_id
WHERE r.id = :id;

-- name: begin_crash_watch
-- Count a possible crash before the attempt; cleared when the attempt comes back.
UPDATE user_directives
SET load_crashes = load_crashes + :count
WHERE id = :directive_id
RETURNING load_crashes, name, status;

-- name: end_crash_watch
-- The attempt came back: no crash.
UPDATE user_directives
SET load_crashes = 0
WHERE id = :directive_id AND load_crashes <> 0;

-- name: poison_directive
-- Stop a directive whose runs took the daemon down again and again.
UPDATE user_directives
SET status = 'error', status_reason = :reason, updated_at = :now
WHERE id = :directive_id AND status IN ('active', 'paused');

-- name: directive_to_run
-- Name, status and priority of a directive that someone wants to run by hand.
SELECT id, name, status, priority
FROM user_directives
WHERE id = :directive_id;

-- name: artifact_of_run
-- Whose code a run is, as far as it has begun.
SELECT artifact_id, artifact_version_id FROM runs WHERE id = :id AND artifact_id IS NOT NULL;

-- name: count_deployed_run
-- Count an ended run in the deployment it ran under.
UPDATE deployments
SET total_runs = total_runs + 1, successes = successes + :success, failures = failures + :failure
WHERE id = (SELECT max(id) FROM deployments
            WHERE artifact_id = :artifact_id AND version_id = :version_id);
