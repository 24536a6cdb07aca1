-- name: add_helper_function
-- Store one helper.
INSERT INTO helper_functions
    (name, file_path, purpose, parameters_json, returns_json, error_handling, used_by, is_tool,
     is_sub_helper, toolset, target_database, annotations_json, phase, content_hash)
VALUES
    (:name, :file_path, :purpose, :parameters_json, :returns_json, :error_handling, :used_by, :is_tool,
     :is_sub_helper, :toolset, :target_database, :annotations_json, :phase, :content_hash);

-- name: add_directive
-- Store one system directive.
INSERT INTO directives
    (name, type, level, parent_directive, description, workflow_json, outputs_json,
     intent_keywords_json, confidence_threshold)
VALUES
    (:name, :type, :level, :parent_directive, :description, :workflow_json, :outputs_json,
     :intent_keywords_json, :confidence_threshold);

-- name: add_directive_step
-- Store one step of a system directive; an unknown directive or helper is refused.
INSERT INTO directive_helpers (directive_id, helper_id, sequence_order, step_name, is_required)
VALUES
    ((SELECT id FROM directives WHERE name = :directive),
     (SELECT id FROM helper_functions WHERE name = :helper), :sequence_order, :step_name, :is_required);

-- name: add_core_version
-- Note which schema this is and which helpers_parsed.json it was built from.
INSERT INTO schema_version (version, built_from_sha256) VALUES (:version, :sha256);
