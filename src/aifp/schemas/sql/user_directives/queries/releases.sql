-- name: release_parts
-- What the present release of a directive is made of.
SELECT d.id, d.name, d.status, d.pause_cause, d.configuration_json, d.version, d.permissions_json,
       d.approved, d.approval_id, d.release_sha256, i.artifact_version_id, i.implementation_file,
       i.entry_point, i.test_results_json, i.test_status, i.test_source, a.metadata_json
FROM user_directives d
LEFT JOIN directive_implementations i ON i.id =
    (SELECT max(n.id) FROM directive_implementations n WHERE n.directive_id = d.id)
LEFT JOIN artifact_versions a ON a.id = i.artifact_version_id
WHERE d.id = :directive_id;

-- name: version_files
-- The files of one code version, with the hash of their bytes.
SELECT path, role, object_sha256 FROM artifact_version_files
WHERE version_id = :version_id ORDER BY path;

-- name: locked_dependencies
-- The packages a directive is pinned to.
SELECT dependency_type, name, version, installed_version, sha256 FROM directive_dependencies
WHERE directive_id = :directive_id AND dependency_type = 'python_package' AND required = 1
ORDER BY name;

-- name: void_release
-- The present release is not approved any more.
UPDATE user_directives SET approved = 0, approval_id = NULL, updated_at = :at WHERE id = :directive_id;

-- name: stored_release_parts
-- The directive version and code version a run began with.
SELECT v.configuration_json, v.permissions_json, i.entry_point, i.implementation_file,
       a.metadata_json
FROM directive_versions v
JOIN directive_implementations i
    ON i.directive_id = v.directive_id AND i.artifact_version_id = :artifact_version_id
JOIN artifact_versions a ON a.id = i.artifact_version_id
WHERE v.directive_id = :directive_id AND v.version = :version;

-- name: set_release_state
-- Keep what is known of the approval of the present release.
UPDATE user_directives
SET release_sha256 = :release_sha256, approved = 1, approval_id = :approval_id, updated_at = :at
WHERE id = :directive_id;

-- name: deployed_code
-- The code version of a directive that was active last, and what it was allowed.
SELECT a.deployed_version_id, v.permissions_json
FROM artifacts a JOIN artifact_versions v ON v.id = a.deployed_version_id
WHERE a.kind = 'implementation' AND a.directive_id = :directive_id;

-- name: tools_that_are_there
-- The tools of the user's own whose file is there, whether they may run or not.
SELECT name FROM artifacts WHERE kind = 'user_tool' AND status IN ('active', 'deprecated');

-- name: directives_that_call
-- The directives whose code calls a tool, as far as they fire or would if it were there.
SELECT d.id FROM user_directives AS d
WHERE d.status IN ('active', 'paused')
  AND EXISTS (SELECT 1 FROM json_each(d.permissions_json) AS p
              WHERE p.value ->> '$.resource' = 'tool' AND p.value ->> '$.value.name' = :name)
ORDER BY d.id;
