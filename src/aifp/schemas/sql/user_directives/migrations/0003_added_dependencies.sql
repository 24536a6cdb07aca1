-- Who added a dependency by hand; what is only detected has nobody.
ALTER TABLE directive_dependencies ADD COLUMN added_by TEXT
    CHECK (added_by IS NULL OR added_by IN ('user', 'ai', 'system', 'auto_cleanup', 'import'));
