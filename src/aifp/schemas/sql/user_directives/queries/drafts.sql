-- name: directive_files
-- Every directive name with the file that owns it.
SELECT name, source_file FROM user_directives ORDER BY name;

-- name: canonical_directives
-- Every directive that was validated, to be compared with one that is read.
SELECT name, configuration_json FROM user_directives
WHERE canonical_sha256 IS NOT NULL AND status <> 'archived' ORDER BY id;

-- name: drafts_of_file
-- The directives of one file, as far as a new text is compared with them.
SELECT id, name, status, status_reason, directive_type, draft_json, canonical_sha256
FROM user_directives WHERE source_file = :source_file ORDER BY source_index, id;

-- name: draft_by_name
-- One directive with the text it was read from.
SELECT id, name, status, source_file, draft_json, configuration_json, canonical_sha256, version
FROM user_directives WHERE name = :name;

-- name: store_draft
-- Insert a directive, or put a new text in the place of the old one.
INSERT INTO user_directives (name, source_file, source_format, source_index, directive_type,
                             trigger, action, draft_json, configuration_json, raw_content,
                             description, domain, priority, timezone, created_at, updated_at)
VALUES (:name, :source_file, :source_format, :source_index, :directive_type, :trigger, :action,
        :draft_json, '{}', :raw_content, :description, :domain, :priority, :timezone, :at, :at)
ON CONFLICT (name) DO UPDATE
SET source_format = excluded.source_format, source_index = excluded.source_index,
    directive_type = excluded.directive_type, trigger = excluded.trigger,
    action = excluded.action, draft_json = excluded.draft_json,
    configuration_json = '{}', canonical_sha256 = NULL, raw_content = excluded.raw_content,
    description = excluded.description, domain = excluded.domain, priority = excluded.priority,
    timezone = excluded.timezone, status = 'draft', status_reason = NULL, pause_cause = NULL,
    version = user_directives.version + 1, validated_at = NULL, archived_at = NULL,
    updated_at = excluded.updated_at
RETURNING id;

-- name: store_validated
-- Keep the canonical form of a directive.
UPDATE user_directives
SET directive_type = :directive_type, trigger = :trigger, action = :action,
    configuration_json = :configuration_json, canonical_sha256 = :canonical_sha256,
    description = :description, domain = :domain, priority = :priority, timezone = :timezone,
    version = :version, validated_at = :at, updated_at = :at
WHERE id = :id;

-- name: store_directive_version
-- Keep one version of a directive; it is written anew until it is implemented.
INSERT INTO directive_versions (directive_id, version, configuration_json, raw_content,
                                canonical_sha256, reason, created_by, created_at)
SELECT id, version, configuration_json, raw_content, canonical_sha256, :reason, :created_by, :at
FROM user_directives WHERE id = :directive_id
ON CONFLICT (directive_id, version) DO UPDATE
SET configuration_json = excluded.configuration_json, raw_content = excluded.raw_content,
    canonical_sha256 = excluded.canonical_sha256;

-- name: store_permissions
-- Keep what the code of a directive may do once it is approved.
UPDATE user_directives
SET permissions_json = :permissions_json, permissions_sha256 = :permissions_sha256,
    updated_at = :at
WHERE id = :id;

-- name: store_version_permissions
-- Keep the permissions beside the version that needs them.
UPDATE directive_versions
SET permissions_json = :permissions_json, permissions_sha256 = :permissions_sha256
WHERE directive_id = :directive_id AND version = :version;

-- name: parsed_directives
-- The directives of one file with the number of answers each still waits for.
SELECT d.id, d.name, d.directive_type, d.status,
       (SELECT count(*) FROM directive_questions q
        WHERE q.directive_id = d.id AND q.answer_json IS NULL AND q.severity = 'error')
           AS open_questions
FROM user_directives d WHERE d.source_file = :source_file ORDER BY d.source_index, d.id;
