-- name: directive_snapshot
-- Everything an update may change, to put it back when the update fails.
SELECT id, name, source_format, source_index, directive_type, trigger, action, draft_json,
       configuration_json, canonical_sha256, raw_content, description, domain, priority, timezone,
       status, status_reason, pause_cause, approved, approval_id, permissions_json,
       permissions_sha256, release_sha256, version, validated_at, activated_at
FROM user_directives WHERE id = :id;

-- name: restore_directive
-- Put a directive back as it was before a failed update.
UPDATE user_directives
SET source_format = :source_format, source_index = :source_index,
    directive_type = :directive_type, trigger = :trigger, action = :action,
    draft_json = :draft_json, configuration_json = :configuration_json,
    canonical_sha256 = :canonical_sha256, raw_content = :raw_content,
    description = :description, domain = :domain, priority = :priority, timezone = :timezone,
    status = :status, status_reason = :status_reason, pause_cause = :pause_cause,
    approved = :approved, approval_id = :approval_id, permissions_json = :permissions_json,
    permissions_sha256 = :permissions_sha256, release_sha256 = :release_sha256,
    version = :version, validated_at = :validated_at, activated_at = :activated_at,
    updated_at = :at
WHERE id = :id AND name = :name;

-- name: implementation_snapshot
-- The newest implementation of a directive, how it came to be, and the newest version there is.
SELECT i.id, i.artifact_id, i.artifact_version_id, i.generator,
       (SELECT max(v.id) FROM artifact_versions v
        WHERE v.artifact_id = i.artifact_id) AS newest_version_id
FROM directive_implementations i
WHERE i.directive_id = :id ORDER BY i.id DESC LIMIT 1;

-- name: drop_newer_implementations
-- Drop what a failed update registered.
DELETE FROM directive_implementations WHERE directive_id = :id AND id > :kept;

-- name: drop_newer_versions
-- Drop the code versions that a failed update added.
DELETE FROM artifact_versions WHERE artifact_id = :artifact_id AND id > :kept;

-- name: restore_current_version
-- The earlier code of a directive is its present code again.
UPDATE artifacts SET current_version_id = :version_id WHERE id = :id;

-- name: source_of_directive
-- Which file a directive comes from.
SELECT id, source_file FROM user_directives WHERE name = :name;

-- name: source_applied
-- The edits seen in a file are applied.
UPDATE source_files SET changed_at = NULL WHERE path = :path;

-- name: forget_source_file
-- A file that is gone, with every directive of it archived, is watched no more.
DELETE FROM source_files WHERE path = :path;
