-- name: project
-- The one project row.
SELECT name, purpose, status, timezone, user_directives_status, created_at FROM project WHERE id = 1;

-- name: add_project
-- Make the project row; a second call changes nothing.
INSERT INTO project (id, name, timezone, created_at, updated_at) VALUES (1, :name, :timezone, :at, :at)
ON CONFLICT (id) DO NOTHING;

-- name: set_project_timezone
-- Change the zone of the project.
UPDATE project SET timezone = :timezone, updated_at = :at WHERE id = 1;
