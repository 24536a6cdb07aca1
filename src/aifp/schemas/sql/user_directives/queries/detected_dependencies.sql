-- name: drop_detected_dependencies
-- Forget what was detected before; what a person confirmed stays.
DELETE FROM directive_dependencies WHERE directive_id = :directive_id AND confirmed_by IS NULL;

-- name: store_detected_dependency
-- Keep one thing a directive needs.
INSERT INTO directive_dependencies (directive_id, dependency_type, name, is_installed,
                                    install_command, checked_at, created_at)
VALUES (:directive_id, :dependency_type, :name, :is_installed, :install_command, :at, :at)
ON CONFLICT (directive_id, dependency_type, name) DO UPDATE
SET is_installed = excluded.is_installed, checked_at = excluded.checked_at;
