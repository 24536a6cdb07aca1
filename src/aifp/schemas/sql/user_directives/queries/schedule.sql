-- name: watched_directives
-- Every directive whose due times need a record: active, paused by the system, or broken.
SELECT d.id, d.name, d.status, d.pause_cause, d.status_reason, d.version, d.canonical_sha256,
       d.activated_at, s.last_due_at, s.next_due_at, s.directive_id IS NOT NULL AS is_scheduled
FROM user_directives AS d
LEFT JOIN directive_schedule AS s ON s.directive_id = d.id
WHERE d.status IN ('active', 'error')
   OR (d.status = 'paused' AND coalesce(d.pause_cause, 'user') <> 'user')
ORDER BY d.id;

-- name: configuration_to_watch
-- The canonical form of one directive, as it stands approved in its row.
SELECT id, name, configuration_json FROM user_directives WHERE id = :id;

-- name: configurations_to_watch
-- The canonical forms of all directives that may be watched.
SELECT id, name, configuration_json FROM user_directives
WHERE status IN ('active', 'error', 'paused');

-- name: directive_to_claim
-- What decides, inside the claiming transaction, whether a due time starts a run.
SELECT d.id, d.status, d.pause_cause, d.status_reason, d.version, d.canonical_sha256,
       d.activated_at, s.last_due_at
FROM user_directives AS d
LEFT JOIN directive_schedule AS s ON s.directive_id = d.id
WHERE d.id = :id;

-- name: move_schedule
-- Remember the last processed instant and the next due one; only forward.
INSERT INTO directive_schedule
    (directive_id, timezone, last_due_at, next_due_at, catch_up, catch_up_window_s, overlap,
     max_concurrency)
VALUES
    (:directive_id, :timezone, :last_due_at, :next_due_at, :catch_up, :catch_up_window_s, :overlap,
     :max_concurrency)
ON CONFLICT (directive_id) DO UPDATE SET
    timezone = excluded.timezone,
    last_due_at = excluded.last_due_at,
    next_due_at = excluded.next_due_at,
    catch_up = excluded.catch_up,
    catch_up_window_s = excluded.catch_up_window_s,
    overlap = excluded.overlap,
    max_concurrency = excluded.max_concurrency;

-- name: set_next_due
-- Show when a directive is due next without claiming anything.
INSERT INTO directive_schedule
    (directive_id, timezone, next_due_at, catch_up, catch_up_window_s, overlap, max_concurrency)
VALUES
    (:directive_id, :timezone, :next_due_at, :catch_up, :catch_up_window_s, :overlap,
     :max_concurrency)
ON CONFLICT (directive_id) DO UPDATE SET
    timezone = excluded.timezone,
    next_due_at = excluded.next_due_at,
    catch_up = excluded.catch_up,
    catch_up_window_s = excluded.catch_up_window_s,
    overlap = excluded.overlap,
    max_concurrency = excluded.max_concurrency;

-- name: next_due_times
-- The directives that are due soonest.
SELECT d.name, s.next_due_at
FROM directive_schedule AS s
JOIN user_directives AS d ON d.id = s.directive_id
WHERE s.next_due_at IS NOT NULL AND d.status = 'active'
ORDER BY s.next_due_at, d.name
LIMIT :limit;

-- name: break_directive
-- Put one directive into error: it cannot be scheduled.
UPDATE user_directives
SET status = 'error', status_reason = :reason, last_error = :reason, updated_at = :at
WHERE id = :id AND status IN ('active', 'paused');
