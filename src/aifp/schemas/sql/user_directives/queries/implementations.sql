-- name: canonical_of_directive
-- What an implementation is made from.
SELECT id, name, status, version, configuration_json, approved, permissions_sha256
FROM user_directives WHERE id = :id;

-- name: newest_implementation
-- The implementation a directive has now.
SELECT id, artifact_version_id, implementation_file, test_file, generator
FROM directive_implementations WHERE directive_id = :directive_id ORDER BY id DESC LIMIT 1;

-- name: store_implementation
-- Keep one implementation with the results of its tests.
INSERT INTO directive_implementations (directive_id, directive_version, artifact_id,
                                       artifact_version_id, implementation_file, entry_point,
                                       test_file, status, test_status, test_source,
                                       test_results_json, generator, generated_at, last_modified)
VALUES (:directive_id, :directive_version, :artifact_id, :artifact_version_id,
        :implementation_file, :entry_point, :test_file, :status, :test_status, 'engine',
        :test_results_json, :generator, :at, :at)
ON CONFLICT (directive_id, artifact_version_id) DO UPDATE
SET directive_version = excluded.directive_version, entry_point = excluded.entry_point,
    implementation_file = excluded.implementation_file, test_file = excluded.test_file,
    status = excluded.status, test_status = excluded.test_status,
    test_source = excluded.test_source, test_results_json = excluded.test_results_json,
    generator = excluded.generator, last_modified = excluded.last_modified
RETURNING id;
