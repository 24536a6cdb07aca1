-- name: files_of_artifacts
-- Every artifact with a file of its own, and the files of its current version, one row each.
SELECT a.id, a.kind, a.name, a.directive_id, a.path AS main_path, a.status, a.authorization,
       a.missing_since, a.problem, a.parameters_json, a.current_version_id, v.code_hash,
       v.metadata_json, f.path, f.role, f.object_sha256, f.size_bytes
FROM artifacts a
LEFT JOIN artifact_versions v ON v.id = a.current_version_id
LEFT JOIN artifact_version_files f ON f.version_id = v.id
WHERE a.kind != 'manifest_tool' AND a.path IS NOT NULL ORDER BY a.id, f.path;

-- name: file_looks
-- How every known file looked when it was read.
SELECT path, size_bytes, modified_ns, changed_ns, sha256 FROM file_looks;

-- name: store_file_look
-- Note how a file looks.
INSERT INTO file_looks (path, size_bytes, modified_ns, changed_ns, sha256)
VALUES (:path, :size_bytes, :modified_ns, :changed_ns, :sha256)
ON CONFLICT (path) DO UPDATE
SET size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns,
    changed_ns = excluded.changed_ns, sha256 = excluded.sha256;

-- name: drop_file_look
-- Forget a file that is not there any more.
DELETE FROM file_looks WHERE path = :path;

-- name: add_user_tool
-- A tool whose file was found in the folder.
INSERT INTO artifacts (kind, name, path, status_changed_at, status_reason,
                       authorization_changed_at, origin, created_at, updated_at)
VALUES ('user_tool', :name, :path, :at, :reason, :at, 'user', :at, :at)
ON CONFLICT (kind, name) DO NOTHING
RETURNING id, kind, name, status, authorization, current_version_id;

-- name: describe_tool
-- What a tool says about itself now, or why it says nothing.
UPDATE artifacts
SET description = :description, parameters_json = :parameters_json,
    declared_json = :declared_json, effect_class = :effect_class,
    risk = :risk, state_version = :state_version, problem = :problem, updated_at = :at
WHERE id = :id;

-- name: note_problem
-- Why the file of a tool can be no tool; what it said before stands.
UPDATE artifacts SET problem = :problem, updated_at = :at WHERE id = :id;

-- name: set_artifact_status
-- Whether an artifact exists, and why.
UPDATE artifacts
SET status = :status, status_changed_at = :at, status_reason = :reason, missing_since = NULL,
    updated_at = :at
WHERE id = :id;

-- name: set_artifact_authorization
-- Whether an artifact may run.
UPDATE artifacts
SET authorization = :authorization, authorization_changed_at = :at, updated_at = :at
WHERE id = :id;

-- name: note_missing
-- The first look that did not find a file, or none.
UPDATE artifacts SET missing_since = :at WHERE id = :id;

-- name: note_version_left
-- What was decided about a version when other bytes took its place.
UPDATE artifact_versions SET left_as = :authorization WHERE id = :id;

-- name: same_code_before
-- The newest earlier version with the same code; one that nobody has decided about hides no other.
SELECT id, state, release_sha256, left_as FROM artifact_versions
WHERE artifact_id = :artifact_id AND code_hash = :code_hash AND id != :except_id
ORDER BY left_as IS NULL AND state IN ('draft', 'tested'), id DESC LIMIT 1;

-- name: approve_version_again
-- A version with the bytes of an approved one is what was approved.
UPDATE artifact_versions SET state = :state, release_sha256 = :release_sha256 WHERE id = :id;

-- name: note_edited_implementation
-- When the code of a directive was edited last.
UPDATE directive_implementations SET last_modified = :at
WHERE id = (SELECT max(id) FROM directive_implementations WHERE directive_id = :directive_id);

-- name: alert_in_force
-- An alert that is not resolved.
SELECT id, state FROM alerts WHERE dedupe_key = :dedupe_key AND state IN ('open', 'acknowledged');

-- name: alerts_in_force
-- What every alert is about that is not resolved.
SELECT code, subject_kind, subject_id, subject_name FROM alerts
WHERE state IN ('open', 'acknowledged') ORDER BY id;

-- name: tools_by_status
-- The artifacts with one status; a file that can be no tool as it is written shows as load_failed.
SELECT a.kind, a.name, a.path, a.description, a.status, a.status_changed_at, a.status_reason,
       a.authorization, a.effect_class, a.origin, a.problem, a.migration_note,
       s.name AS successor, v.version_number,
       CASE WHEN a.problem IS NULL THEN v.state ELSE 'load_failed' END AS version_state
FROM artifacts a
LEFT JOIN artifacts s ON s.id = a.successor_id
LEFT JOIN artifact_versions v ON v.id = a.current_version_id
WHERE a.status = :status AND (:kind IS NULL OR a.kind = :kind) ORDER BY a.name, a.kind;

-- name: lifecycle_events
-- What happened to tools, newest first; of one that was purged, only that is left to see.
SELECT t.event_id, t.tool_name, t.event_type, t.event_time, t.reason, t.metadata, t.triggered_by
FROM tool_lifecycle_events AS t JOIN events AS e ON e.id = t.event_id
WHERE (:name IS NULL OR tool_name = :name) AND (:event_type IS NULL OR t.event_type = :event_type)
  AND NOT EXISTS (SELECT 1 FROM events AS p
                  WHERE p.subject_name = t.tool_name AND p.event_type = 'purged'
                    AND p.subject_kind = 'artifact' AND p.subject_id = e.subject_id
                    AND p.id > t.event_id)
ORDER BY t.event_id DESC LIMIT :limit;
