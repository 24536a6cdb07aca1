-- name: directive_with_all
-- One directive, by its number or its name, with everything known of it.
SELECT d.id, d.name, d.source_file, d.directive_type, d.trigger, d.action, d.configuration_json,
       d.status, d.approved, d.created_at, d.description, d.domain, d.priority, d.timezone,
       d.version, d.status_reason, d.pause_cause, d.updated_at, d.validated_at, d.activated_at,
       d.archived_at, d.last_error, s.next_due_at,
       (SELECT a.decision FROM approvals a WHERE a.subject_kind = 'directive'
          AND a.subject_id = CAST(d.id AS TEXT) ORDER BY a.id DESC LIMIT 1) AS last_decision
FROM user_directives d LEFT JOIN directive_schedule s ON s.directive_id = d.id
WHERE d.id = coalesce(:id, (SELECT n.id FROM user_directives n WHERE n.name = :name));

-- name: directives_by_status
-- Directives in one status, the most important first.
SELECT d.id, d.name, d.source_file, d.directive_type, d.trigger, d.action, d.configuration_json,
       d.status, d.approved, d.created_at, s.next_due_at,
       (SELECT a.decision FROM approvals a WHERE a.subject_kind = 'directive'
          AND a.subject_id = CAST(d.id AS TEXT) ORDER BY a.id DESC LIMIT 1) AS last_decision
FROM user_directives d LEFT JOIN directive_schedule s ON s.directive_id = d.id
WHERE d.status = :status ORDER BY d.priority DESC, d.name;

-- name: directives_by_type
-- Directives of one type that are not archived, the most important first.
SELECT d.id, d.name, d.source_file, d.directive_type, d.trigger, d.action, d.configuration_json,
       d.status, d.approved, d.created_at, s.next_due_at,
       (SELECT a.decision FROM approvals a WHERE a.subject_kind = 'directive'
          AND a.subject_id = CAST(d.id AS TEXT) ORDER BY a.id DESC LIMIT 1) AS last_decision
FROM user_directives d LEFT JOIN directive_schedule s ON s.directive_id = d.id
WHERE d.directive_type = :directive_type AND d.status <> 'archived'
ORDER BY d.priority DESC, d.name;

-- name: directives_from_file
-- Every directive of one source file, archived ones too, in the order of the file.
SELECT d.id, d.name, d.source_file, d.directive_type, d.trigger, d.action, d.configuration_json,
       d.status, d.approved, d.created_at, s.next_due_at,
       (SELECT a.decision FROM approvals a WHERE a.subject_kind = 'directive'
          AND a.subject_id = CAST(d.id AS TEXT) ORDER BY a.id DESC LIMIT 1) AS last_decision
FROM user_directives d LEFT JOIN directive_schedule s ON s.directive_id = d.id
WHERE d.source_file = :source_file ORDER BY d.source_index, d.id;

-- name: archived_at
-- When a directive was archived.
SELECT archived_at FROM user_directives WHERE id = :id;

-- name: configuration_of_directive
-- What a new configuration is compared with.
SELECT id, name, status, version, approved, source_file, source_format, source_index,
       configuration_json
FROM user_directives WHERE id = :id;
