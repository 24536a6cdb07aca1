-- name: owner_of_path
-- Another directive whose present code holds this path.
SELECT a.name FROM artifacts a
JOIN artifact_version_files f ON f.version_id = a.current_version_id
WHERE f.path = :path AND a.status = 'active' AND a.kind = 'implementation'
  AND f.role != 'helper' AND a.directive_id IS NOT NULL AND a.directive_id != :directive_id
LIMIT 1;

-- name: last_bytes_of_path
-- The bytes that were last written at a path for a directive; edits by hand only once taken in.
SELECT f.object_sha256 FROM artifact_version_files f
JOIN artifact_versions v ON v.id = f.version_id
JOIN artifacts a ON a.id = v.artifact_id
WHERE a.directive_id = :directive_id AND f.path = :path
  AND (v.reason != 'manual_edit' OR EXISTS (SELECT 1 FROM directive_implementations i
                                            WHERE i.artifact_version_id = v.id))
ORDER BY v.id DESC LIMIT 1;

-- name: store_object
-- Note bytes that lie in the object store.
INSERT INTO objects (sha256, size_bytes, media_type, created_at)
VALUES (:sha256, :size_bytes, 'text/x-python', :at)
ON CONFLICT (sha256) DO UPDATE SET expires_at = NULL;

-- name: store_implementation_artifact
-- The artifact of a directive's code, made at its first implementation; whether it exists is said
-- by its file, once it is looked at.
INSERT INTO artifacts (kind, name, directive_id, path, description, status_changed_at,
                       authorization_changed_at, origin, created_at, updated_at)
VALUES ('implementation', :name, :directive_id, :path, :description, :at, :at, :origin, :at, :at)
ON CONFLICT (kind, name) DO UPDATE
SET directive_id = excluded.directive_id, path = excluded.path,
    description = excluded.description, updated_at = excluded.updated_at
RETURNING id, current_version_id;

-- name: add_version_file
-- One file of a code version.
INSERT INTO artifact_version_files (version_id, path, role, object_sha256, size_bytes)
VALUES (:version_id, :path, :role, :object_sha256, :size_bytes);

-- name: set_current_version
-- The code version a directive has now.
UPDATE artifacts SET current_version_id = :version_id, updated_at = :at WHERE id = :id;
