-- name: stages
-- The stages in order, with the directives that have passed each.
SELECT p.name, p.status, p.description, count(i.id) AS total,
       coalesce(sum(i.status = 'completed'), 0) AS completed
FROM completion_path p LEFT JOIN completion_items i ON i.completion_path_id = p.id
GROUP BY p.id ORDER BY p.order_index;

-- name: directives_at_stages
-- Every directive at every stage.
SELECT p.name AS stage, i.directive_name, i.status, i.completed_at
FROM completion_items i JOIN completion_path p ON p.id = i.completion_path_id
ORDER BY p.order_index, i.directive_name;

-- name: store_item
-- Close or open one stage of a directive.
INSERT INTO completion_items (completion_path_id, directive_name, status, completed_at)
SELECT id, :directive_name, :status, CASE :status WHEN 'completed' THEN :at END
FROM completion_path WHERE name = :stage
ON CONFLICT (completion_path_id, directive_name) DO UPDATE
SET status = excluded.status, completed_at = excluded.completed_at
WHERE completion_items.status <> excluded.status;

-- name: drop_items
-- A directive that is archived is on no way any more.
DELETE FROM completion_items WHERE directive_name = :directive_name;

-- name: settle_stages
-- Let each stage say how far all directives together are.
UPDATE completion_path SET status = (
    SELECT CASE WHEN coalesce(sum(i.status = 'completed'), 0) = 0 THEN 'pending'
                WHEN sum(i.status = 'completed') = count(*) THEN 'completed'
                ELSE 'in_progress' END
    FROM completion_items i WHERE i.completion_path_id = completion_path.id);
