-- name: memory_of
-- Everything a directive or a tool remembers between its runs.
SELECT state_key, state_value_json, size_bytes
FROM kv_state
WHERE owner_kind = :owner_kind AND owner_id = :owner_id
ORDER BY state_key;

-- name: remember_value
-- Keep one value of a directive or a tool.
INSERT INTO kv_state (owner_kind, owner_id, state_key, state_value_json, size_bytes, created_at, updated_at)
VALUES (:owner_kind, :owner_id, :state_key, :state_value_json, :size_bytes, :now, :now)
ON CONFLICT (owner_kind, owner_id, state_key) DO UPDATE
SET state_value_json = excluded.state_value_json, size_bytes = excluded.size_bytes,
    updated_at = excluded.updated_at;

-- name: forget_value
-- Drop one value of a directive or a tool.
DELETE FROM kv_state
WHERE owner_kind = :owner_kind AND owner_id = :owner_id AND state_key = :state_key;

-- name: observed_entity
-- The last known state of an entity.
SELECT value_json
FROM observations
WHERE entity = :entity;

-- name: denials_of
-- What a person has denied a directive or a tool, whatever its release asks for.
SELECT resource, value_json
FROM grants
WHERE subject_kind = :kind AND subject_id = :subject_id AND effect = 'deny'
  AND (valid_until IS NULL OR valid_until > :now);
