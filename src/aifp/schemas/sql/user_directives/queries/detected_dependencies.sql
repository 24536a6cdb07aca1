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
