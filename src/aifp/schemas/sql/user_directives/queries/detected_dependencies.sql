-- name: drop_detected_dependencies
-- What was detected before is not needed, unless it is found again; added ones stay needed.
UPDATE directive_dependencies SET required = 0
WHERE directive_id = :directive_id AND added_by IS NULL;

-- name: store_detected_dependency
-- Keep one thing a directive needs; the version it is pinned to and what was installed stay.
INSERT INTO directive_dependencies (directive_id, dependency_type, name, is_installed,
                                    install_command, checked_at, created_at)
VALUES (:directive_id, :dependency_type, :name, :is_installed, :install_command, :at, :at)
ON CONFLICT (directive_id, dependency_type, name) DO UPDATE
SET required = 1, checked_at = excluded.checked_at,
    is_installed = CASE
        WHEN added_by IS NULL AND dependency_type NOT IN ('python_package', 'system_package')
        THEN excluded.is_installed ELSE max(is_installed, excluded.is_installed) END;

-- name: packages_of_directive
-- The packages a directive ever asked for, in which versions, and whether by hand.
SELECT name, version, added_by, required FROM directive_dependencies
WHERE directive_id = :directive_id AND dependency_type = 'python_package' ORDER BY name;

-- name: added_packages
-- The packages that were added by hand to a directive.
SELECT n.name FROM directive_dependencies n JOIN user_directives d ON d.id = n.directive_id
WHERE d.name = :name AND n.dependency_type = 'python_package' AND n.required = 1
  AND n.added_by IS NOT NULL;

-- name: note_pinned
-- A package is installed in exactly this version and these bytes; a person said yes to them.
UPDATE directive_dependencies
SET is_installed = 1, verified = 1, installed_version = :version, sha256 = :sha256, error = NULL,
    confirmed_by = 'user', confirmed_at = :at, checked_at = :at
WHERE directive_id = :directive_id AND dependency_type = 'python_package' AND name = :name;

-- name: present_packages
-- What the newest code of a directive asked for and was pinned to.
SELECT v.metadata_json
FROM directive_implementations i JOIN artifact_versions v ON v.id = i.artifact_version_id
WHERE i.directive_id = :directive_id ORDER BY i.id DESC LIMIT 1;

-- name: packages_of_version
-- What a code version asked for and was pinned to.
SELECT metadata_json FROM artifact_versions WHERE id = :id;
