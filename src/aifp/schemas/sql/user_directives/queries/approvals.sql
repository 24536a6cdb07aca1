-- name: open_request
-- The open request about one subject, newest first.
SELECT id, subject_kind, subject_id, subject_name, release_sha256, request_json, expires_at
FROM approvals
WHERE subject_kind = :kind AND subject_id = :subject_id AND decision = 'pending'
ORDER BY id DESC LIMIT 1;

-- name: add_request
-- File a request.
INSERT INTO approvals (subject_kind, subject_id, subject_name, release_sha256, directive_sha256,
                       code_sha256, permissions_sha256, request_json, requested_by, requested_at,
                       expires_at)
VALUES (:kind, :subject_id, :subject_name, :release_sha256, :directive_sha256, :code_sha256,
        :permissions_sha256, :request_json, :requested_by, :at, :expires_at);

-- name: supersede_requests
-- Close the open requests about a subject that name another release.
UPDATE approvals SET decision = 'superseded', decided_at = :at
WHERE subject_kind = :kind AND subject_id = :subject_id AND decision = 'pending'
  AND release_sha256 <> :release_sha256;

-- name: withdraw_request
-- Close one open request.
UPDATE approvals SET decision = 'superseded', decided_at = :at
WHERE id = :id AND decision = 'pending';

-- name: withdraw_request_of_run
-- Nobody has to answer for a run that has ended.
UPDATE approvals
SET decision = CASE WHEN expires_at <= :at THEN 'expired' ELSE 'superseded' END, decided_at = :at
WHERE subject_kind = 'run' AND subject_id = :run_id AND decision = 'pending';

-- name: approval_by_id
-- One approval, whole.
SELECT id, subject_kind, subject_id, subject_name, release_sha256, directive_sha256, code_sha256,
       permissions_sha256, request_json, requested_by, decision, decided_by, channel, reason,
       checksum, requested_at, decided_at, expires_at
FROM approvals WHERE id = :id;

-- name: decide_request
-- Write a person's decision, once.
UPDATE approvals
SET decision = :decision, decided_by = 'user', channel = :channel, reason = :reason,
    checksum = :checksum, decided_at = :decided_at
WHERE id = :id AND decision = 'pending';

-- name: approvals_of_release
-- The approved rows of exactly one release, newest first.
SELECT id, subject_kind, subject_id, release_sha256, directive_sha256, code_sha256,
       permissions_sha256, decision, decided_by, channel, checksum, decided_at
FROM approvals
WHERE subject_kind = :kind AND subject_id = :subject_id AND release_sha256 = :release_sha256
  AND decision = 'approved'
ORDER BY id DESC;

-- name: newest_approval
-- What a person approved of a directive last, by its parts.
SELECT directive_sha256, code_sha256, permissions_sha256 FROM approvals
WHERE subject_kind = 'directive' AND subject_id = :subject_id AND decision = 'approved'
ORDER BY decided_at DESC, id DESC LIMIT 1;

-- name: revoke_approvals
-- Take every approval of a subject back.
UPDATE approvals SET decision = 'revoked', checksum = NULL, decided_at = :at
WHERE subject_kind = :kind AND subject_id = :subject_id AND decision = 'approved';

-- name: pending_approvals
-- Open requests, oldest first.
SELECT id, subject_kind, subject_id, subject_name, request_json, requested_at, expires_at
FROM approvals
WHERE decision = 'pending' AND expires_at > :at AND (:kind IS NULL OR subject_kind = :kind)
ORDER BY id;

-- name: add_grant
-- Keep one permission that a person granted.
INSERT INTO grants (subject_kind, subject_id, effect, resource, value_json, approval_id, granted_by,
                    created_at)
VALUES (:kind, :subject_id, 'allow', :resource, :value_json, :approval_id, 'user', :at);

-- name: drop_grants
-- Forget the grants of a directive or a tool; the next approval writes them anew.
DELETE FROM grants WHERE subject_kind = :kind AND subject_id = :subject_id AND effect = 'allow';
