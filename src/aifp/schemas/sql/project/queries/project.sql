-- name: project
-- The one project row.
SELECT name, purpose, goals_json, version, status, timezone, user_directives_status, created_at
FROM project WHERE id = 1;

-- name: add_project
-- Make the project row; a second call changes nothing.
INSERT INTO project (id, name, timezone, created_at, updated_at) VALUES (1, :name, :timezone, :at, :at)
ON CONFLICT (id) DO NOTHING;

-- name: set_project_timezone
-- Change the zone of the project.
UPDATE project SET timezone = :timezone, updated_at = :at WHERE id = 1;

-- name: set_user_directives_status
-- Keep what follows from the directives taken together.
UPDATE project SET user_directives_status = :status, updated_at = :at
WHERE id = 1 AND user_directives_status IS NOT :status;

-- name: infrastructure
-- What the project stands on.
SELECT type, value, description FROM infrastructure ORDER BY type, value;

-- name: add_infrastructure
-- Note one thing the project stands on.
INSERT INTO infrastructure (type, value, description, created_at)
VALUES (:type, :value, :description, :at)
ON CONFLICT (type, value) DO UPDATE SET description = excluded.description;
