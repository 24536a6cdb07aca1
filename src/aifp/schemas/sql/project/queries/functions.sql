-- name: project_functions
-- Known functions, of one file or directive if named.
SELECT fn.id, f.path AS file_path, fn.name, fn.signature, fn.purpose, fn.parameters_json,
       fn.returns, fn.is_pure, fn.is_entry_point, fn.directive_name, fn.line,
       (SELECT json_group_array(t.name)
        FROM interactions i JOIN functions t ON t.id = i.target_function_id
        WHERE i.source_function_id = fn.id) AS calls,
       count(*) OVER () AS total
FROM functions fn JOIN files f ON f.id = fn.file_id
WHERE (:file_path IS NULL OR f.path = :file_path)
  AND (:directive_name IS NULL OR fn.directive_name = :directive_name)
ORDER BY f.path, fn.line, fn.name LIMIT :limit;

-- name: function_names
-- The functions a file has now.
SELECT id, name FROM functions WHERE file_id = :file_id ORDER BY id;

-- name: store_function
-- Note a function, or what is new about it.
INSERT INTO functions (file_id, name, signature, purpose, parameters_json, returns, is_pure,
                       is_entry_point, directive_name, source_hash, line, created_at, updated_at)
VALUES (:file_id, :name, :signature, :purpose, :parameters_json, :returns, :is_pure,
        :is_entry_point, :directive_name, :source_hash, :line, :at, :at)
ON CONFLICT (file_id, name) DO UPDATE
SET signature = excluded.signature, purpose = excluded.purpose,
    parameters_json = excluded.parameters_json, returns = excluded.returns,
    is_pure = excluded.is_pure, is_entry_point = excluded.is_entry_point,
    directive_name = excluded.directive_name, source_hash = excluded.source_hash,
    line = excluded.line, updated_at = excluded.updated_at
RETURNING id;

-- name: drop_function
-- Forget a function that its file no longer has.
DELETE FROM functions WHERE id = :id;

-- name: drop_interactions
-- Forget what the functions of a file call.
DELETE FROM interactions WHERE source_function_id IN
    (SELECT id FROM functions WHERE file_id = :file_id);

-- name: add_interaction
-- Note that one function calls another.
INSERT INTO interactions (source_function_id, target_function_id, interaction_type, created_at)
VALUES (:source, :target, 'call', :at)
ON CONFLICT (source_function_id, target_function_id, interaction_type) DO NOTHING;
