-- name: observations
-- The last known state of every entity.
SELECT entity, value_json, attributes_json, changed_at FROM observations ORDER BY entity;

-- name: observe
-- Keep the state of an entity.
INSERT INTO observations (entity, value_json, attributes_json, changed_at, seen_at)
VALUES (:entity, :value_json, :attributes_json, :changed_at, :seen_at)
ON CONFLICT (entity) DO UPDATE SET
    value_json = excluded.value_json,
    attributes_json = excluded.attributes_json,
    changed_at = excluded.changed_at,
    seen_at = excluded.seen_at;

-- name: holds_of_directive
-- Latches, since-times and other small marks of a directive's conditions.
SELECT hold_key, value_json, since_at FROM condition_holds WHERE directive_id = :directive_id;

-- name: keep_hold
-- Keep one mark of a directive.
INSERT INTO condition_holds (directive_id, hold_key, value_json, since_at)
VALUES (:directive_id, :hold_key, :value_json, :since_at)
ON CONFLICT (directive_id, hold_key) DO UPDATE SET
    value_json = excluded.value_json,
    since_at = excluded.since_at;

-- name: drop_hold
-- Drop one mark of a directive.
DELETE FROM condition_holds WHERE directive_id = :directive_id AND hold_key = :hold_key;

-- name: show_latch
-- Show the value of a directive's condition and when it was tested.
UPDATE directive_schedule
SET latched = :latched, last_eval_at = :at
WHERE directive_id = :directive_id;
