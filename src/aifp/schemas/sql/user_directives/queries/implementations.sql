-- name: canonical_of_directive
-- What an implementation is made from.
SELECT id, name, status, version, configuration_json, approved, permissions_sha256
FROM user_directives WHERE id = :id;

-- name: newest_implementation
-- The implementation a directive has now.
SELECT id, artifact_version_id, implementation_file, entry_point, test_file, generator, status,
       generated_at
FROM directive_implementations WHERE directive_id = :directive_id ORDER BY id DESC LIMIT 1;

-- name: code_of_version
-- The newest code that was made for one version of a directive.
SELECT id FROM directive_implementations
WHERE directive_id = :directive_id AND directive_version = :version ORDER BY id DESC LIMIT 1;

-- name: store_implementation
-- Keep one implementation with the results of its tests.
INSERT INTO directive_implementations (directive_id, directive_version, artifact_id,
                                       artifact_version_id, implementation_file, entry_point,
                                       test_file, status, test_status, test_source,
                                       test_results_json, generator, generated_at, last_modified)
VALUES (:directive_id, :directive_version, :artifact_id, :artifact_version_id,
        :implementation_file, :entry_point, :test_file, :status, :test_status, :test_source,
        :test_results_json, :generator, :generated_at, :at)
ON CONFLICT (directive_id, artifact_version_id) DO UPDATE
SET directive_version = excluded.directive_version, entry_point = excluded.entry_point,
    implementation_file = excluded.implementation_file, test_file = excluded.test_file,
    status = excluded.status, test_status = excluded.test_status,
    test_source = excluded.test_source, test_results_json = excluded.test_results_json,
    generator = excluded.generator
RETURNING id;

-- name: implementation_of_directive
-- The newest code of one directive.
SELECT i.id, i.directive_id, i.implementation_file, i.entry_point, i.generated_at, i.last_modified,
       i.status, i.test_file, i.test_status, i.test_source
FROM directive_implementations i
WHERE i.directive_id = :directive_id ORDER BY i.id DESC LIMIT 1;

-- name: implementations_by_status
-- The newest code of each directive, where it has one status.
SELECT i.id, i.directive_id, i.implementation_file, i.entry_point, i.generated_at, i.last_modified,
       i.status, i.test_file, i.test_status, i.test_source
FROM directive_implementations i
WHERE i.status = :status
  AND i.id = (SELECT max(n.id) FROM directive_implementations n WHERE n.directive_id = i.directive_id)
ORDER BY i.id;

-- name: failing_tests
-- The newest code of each directive that is not archived, where its tests do not pass.
SELECT i.id, i.directive_id, i.implementation_file, i.entry_point, i.generated_at, i.last_modified,
       i.status, i.test_file, i.test_status, i.test_source
FROM directive_implementations i
JOIN user_directives d ON d.id = i.directive_id
WHERE i.test_status <> 'passing' AND d.status <> 'archived'
  AND i.id = (SELECT max(n.id) FROM directive_implementations n WHERE n.directive_id = i.directive_id)
ORDER BY i.id;

-- name: implementation_by_id
-- One implementation, with what its setters must know.
SELECT i.id, i.directive_id, d.name, i.artifact_version_id, i.implementation_file, i.test_file,
       i.entry_point, i.status, i.test_status, i.test_source, d.configuration_json,
       (SELECT max(n.id) FROM directive_implementations n
        WHERE n.directive_id = i.directive_id) AS newest_id
FROM directive_implementations i JOIN user_directives d ON d.id = i.directive_id
WHERE i.id = :id;

-- name: set_implementation_status
-- Move an implementation along one edge of its life.
UPDATE directive_implementations
SET status = :status, deployed_at = CASE WHEN :status = 'deployed' THEN :at ELSE deployed_at END
WHERE id = :id;

-- name: report_tests
-- Keep what somebody says about the tests of an implementation.
UPDATE directive_implementations SET test_status = :test_status, test_source = 'reported'
WHERE id = :id;

-- name: note_failed_tests
-- Keep how the engine's own test run of an implementation ended.
UPDATE directive_implementations
SET test_status = 'failing', test_source = 'engine', test_results_json = :test_results_json
WHERE id = :id;
