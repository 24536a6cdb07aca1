-- name: artifacts_by_name
-- The artifacts of one name, one for each kind.
SELECT id, kind, name, directive_id, path, description, status, status_changed_at, status_reason,
       authorization, authorization_changed_at, origin, effect_class, declared_json,
       parameters_json, risk, state_version, current_version_id, deployed_version_id,
       successor_id, migration_note, missing_since, problem, created_at, updated_at
FROM artifacts
WHERE name = :name AND (:kind IS NULL OR kind = :kind) AND kind != 'manifest_tool' ORDER BY kind;

-- name: version_by_id
-- One version of an artifact.
SELECT id, artifact_id, version_number, code_hash, parent_id, state, reason, breaking, created_by,
       created_at, metadata_json, permissions_json, release_sha256
FROM artifact_versions WHERE id = :id;

-- name: add_version
-- The next version of an artifact.
INSERT INTO artifact_versions (artifact_id, version_number, code_hash, parent_id, state, reason,
                               breaking, created_by, created_at, permissions_json, metadata_json)
SELECT :artifact_id, coalesce(max(version_number), 0) + 1, :code_hash, :parent_id, :state,
       :reason, :breaking, :created_by, :at, :permissions_json, :metadata_json
FROM artifact_versions WHERE artifact_id = :artifact_id
RETURNING id;
