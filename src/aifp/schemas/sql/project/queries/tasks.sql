-- name: open_task_count
-- How many tasks are open.
SELECT count(*) AS tasks FROM tasks WHERE status <> 'completed';

-- name: open_tasks
-- Every open task with its stage, the most pressing first.
SELECT t.id, p.name AS stage, t.directive_name, t.name, t.description, t.status, t.priority,
       t.created_at, t.closed_at
FROM tasks t LEFT JOIN completion_path p ON p.id = t.completion_path_id
WHERE t.status <> 'completed' ORDER BY t.priority DESC, t.id;

-- name: task_origins
-- What the open tasks of a directive came from.
SELECT origin_key FROM tasks
WHERE directive_name = :directive_name AND status <> 'completed' AND origin_key IS NOT NULL
ORDER BY origin_key;

-- name: open_task
-- Open a task, or open it again; one that is open stays as it is.
INSERT INTO tasks (completion_path_id, directive_name, name, description, priority, origin_key,
                   created_at)
SELECT id, :directive_name, :name, :description, :priority, :origin_key, :at
FROM completion_path WHERE name = :stage
ON CONFLICT (origin_key) DO UPDATE
SET status = 'pending', closed_at = NULL, name = excluded.name,
    description = excluded.description, priority = excluded.priority;

-- name: close_task
-- What the task came from is gone.
UPDATE tasks SET status = 'completed', closed_at = :at WHERE origin_key = :origin_key;

-- name: open_tasks_about
-- The open tasks of a directive, or those that name a tool.
SELECT name FROM tasks
WHERE status <> 'completed'
  AND (directive_name = :directive_name
       OR instr(' ' || name || ' ' || coalesce(description, '') || ' ', :tool_name) > 0)
ORDER BY id;
