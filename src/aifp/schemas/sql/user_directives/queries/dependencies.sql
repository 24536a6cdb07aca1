-- name: dependencies
-- What directives need: of one directive, of one type, only what is missing, or all.
SELECT n.id, n.directive_id, n.dependency_type, n.name, n.version, n.is_installed,
       (SELECT json_group_array(o.name)
        FROM directive_dependencies m JOIN user_directives o ON o.id = m.directive_id
        WHERE m.dependency_type = n.dependency_type AND m.name = n.name AND m.required = 1
          AND (o.status <> 'archived' OR o.id = n.directive_id)) AS required_by
FROM directive_dependencies n JOIN user_directives d ON d.id = n.directive_id
WHERE n.required = 1 AND (:directive_id IS NULL OR n.directive_id = :directive_id)
  AND (:dependency_type IS NULL OR n.dependency_type = :dependency_type)
  AND (:missing = 0 OR (n.is_installed = 0 AND d.status <> 'archived'))
ORDER BY n.dependency_type, n.name, d.name;

-- name: dependency_by_id
-- One dependency with what must be known to look for it.
SELECT n.id, n.directive_id, n.dependency_type, n.name, n.version, n.installed_version, n.sha256,
       d.name AS directive
FROM directive_dependencies n JOIN user_directives d ON d.id = n.directive_id
WHERE n.id = :id;

-- name: dependency_like
-- The dependency with this type and name: the version that was asked for, and its pin.
SELECT name, version, installed_version, sha256 FROM directive_dependencies
WHERE directive_id = :directive_id AND dependency_type = :dependency_type AND name = :name;

-- name: needs_of
-- Everything one directive needs, with what must be known to look for it.
SELECT id, dependency_type, name, version, installed_version, sha256, added_by, is_installed,
       verified, error
FROM directive_dependencies
WHERE directive_id = :directive_id AND required = 1
ORDER BY dependency_type, name;

-- name: store_added_dependency
-- Add something a directive needs, or say anew in which version.
INSERT INTO directive_dependencies (directive_id, dependency_type, name, version, is_installed,
                                    verified, installed_version, error, checked_at, added_by,
                                    created_at)
VALUES (:directive_id, :dependency_type, :name, :version, coalesce(:present, 0),
        coalesce(:present, 0), :found_version, :error, :at, :actor, :at)
ON CONFLICT (directive_id, dependency_type, name) DO UPDATE
SET version = excluded.version, is_installed = coalesce(:present, is_installed),
    verified = excluded.verified, error = excluded.error, checked_at = excluded.checked_at,
    required = 1, added_by = coalesce(added_by, excluded.added_by),
    sha256 = CASE WHEN version IS excluded.version THEN sha256 END,
    installed_version = CASE WHEN version IS excluded.version THEN installed_version
                             ELSE excluded.installed_version END
RETURNING id;

-- name: note_installed
-- Somebody says that a thing is there; `verified` is what was found.
UPDATE directive_dependencies
SET is_installed = 1, verified = :verified, checked_at = :at, error = :error,
    installed_version = coalesce(:found_version, installed_version)
WHERE id = :id;

-- name: note_found
-- Keep what was found when it was looked for.
UPDATE directive_dependencies
SET is_installed = :present, verified = :present, checked_at = :at, error = :error
WHERE id = :id;
