INSERT INTO tracking_settings (feature_name, enabled, description, updated_at)
VALUES ('execution_logging', 1, 'Lines about each run and step; failures and changes of state are written regardless.',
        strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
