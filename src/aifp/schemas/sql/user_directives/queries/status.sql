-- name: directive_status
-- What a status change must know.
SELECT id, name, status, pause_cause, version, approved FROM user_directives WHERE id = :id;

-- name: set_status
-- Move a directive along one edge of its state machine.
UPDATE user_directives
SET status = :status, status_reason = :reason, pause_cause = :pause_cause, updated_at = :at,
    validated_at = CASE WHEN :status = 'validated' THEN :at ELSE validated_at END,
    activated_at = CASE WHEN :status = 'active' AND status <> 'paused' THEN :at
                        WHEN :status = 'active' AND :fresh = 1 THEN :at ELSE activated_at END,
    archived_at = CASE WHEN :status = 'archived' THEN :at ELSE NULL END,
    consecutive_failures = CASE WHEN :fresh = 1 THEN 0 ELSE consecutive_failures END,
    load_crashes = CASE WHEN :fresh = 1 THEN 0 ELSE load_crashes END
WHERE id = :id;

-- name: restore_status
-- Put back the status a directive had before something failed.
UPDATE user_directives SET status = :status, pause_cause = :pause_cause, updated_at = :at
WHERE id = :id;

-- name: forget_due_times_ahead
-- Begin anew where a clock that was wrong had claimed due times of the future.
UPDATE directive_schedule SET last_due_at = NULL WHERE directive_id = :id AND last_due_at > :at;

-- name: directive_ids_by_name
-- One directive by its exact name.
SELECT id, name, status FROM user_directives WHERE name = :name;

-- name: directives_of_file
-- Every directive of one source file that is not archived.
SELECT id, name, status FROM user_directives
WHERE source_file = :source_file AND status <> 'archived' ORDER BY source_index;

-- name: same_trigger_and_action
-- Other active directives that start and act alike.
SELECT o.name FROM user_directives d
JOIN user_directives o ON o.trigger = d.trigger AND o.action = d.action AND o.id <> d.id
WHERE d.id = :id AND o.status = 'active' ORDER BY o.name;

-- name: deploy_implementation
-- The newest implementation of a directive is the one in force.
UPDATE directive_implementations SET status = 'deployed', deployed_at = :at
WHERE id = (SELECT max(id) FROM directive_implementations WHERE directive_id = :id);

-- name: authorize_artifact
-- The newest code of a directive may run.
UPDATE artifacts
SET authorization = 'approved', authorization_changed_at = :at,
    deployed_version_id = (SELECT artifact_version_id FROM directive_implementations
                           WHERE directive_id = :id ORDER BY id DESC LIMIT 1)
WHERE kind = 'implementation' AND directive_id = :id;

-- name: open_runs_of
-- Runs of one directive that have not ended.
SELECT id FROM runs
WHERE directive_id = :id AND status IN ('queued', 'running', 'waiting_for_approval') ORDER BY id;

-- name: count_of_work
-- Whether the daemon is needed without a client: something fires, or a run is open.
SELECT (SELECT count(*) FROM user_directives WHERE status = 'active')
     + (SELECT count(*) FROM runs WHERE status IN ('queued', 'running', 'waiting_for_approval'))
       AS work;

-- name: directive_standings
-- Every directive that is not archived, with marks of what can change about it.
SELECT d.name, d.id, d.status, d.version, d.updated_at, c.next_due_at, d.approved, d.source_file,
       d.source_format, f.sha256 AS source_sha256, f.changed_at AS source_changed_at,
       i.id AS implementation_id, i.implementation_file, i.last_modified AS implemented_at
FROM user_directives d
LEFT JOIN directive_schedule c ON c.directive_id = d.id
LEFT JOIN source_files f ON f.path = d.source_file
LEFT JOIN directive_implementations i
       ON i.id = (SELECT max(id) FROM directive_implementations WHERE directive_id = d.id)
WHERE d.status <> 'archived' ORDER BY d.name;
