-- name: core_version
-- Which schema this file has and which helpers_parsed.json it was built from.
SELECT version, built_from_sha256 FROM schema_version;

-- name: core_tools
-- The helpers that clients may call, in the order of helpers_parsed.json.
SELECT name, file_path, purpose, parameters_json, returns_json, error_handling, used_by, is_tool,
       is_sub_helper, toolset, target_database, annotations_json, phase, content_hash
FROM helper_functions WHERE is_tool = 1 ORDER BY id;

-- name: steps_of_system_directive
-- The steps of one system directive, in their order, each with the helper that does it.
SELECT s.sequence_order, s.step_name, h.name AS helper, s.is_required
FROM directive_helpers s
JOIN directives d ON d.id = s.directive_id
JOIN helper_functions h ON h.id = s.helper_id
WHERE d.name = :name ORDER BY s.sequence_order;

-- name: core_intents
-- How people ask for each system directive, and from which likeness on it is meant.
SELECT name, intent_keywords_json, confidence_threshold FROM directives ORDER BY id;

-- name: core_tool_names
-- The names that belong to tools of aifp itself.
SELECT name FROM helper_functions WHERE is_tool = 1;
