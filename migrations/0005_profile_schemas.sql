-- What a tenant knows about its people: one document a tenant; none: the built-in one.
CREATE TABLE profile_schemas (
    tenant_id BYTEA NOT NULL,
    content TEXT NOT NULL,              -- JSON: attributes, forms, prompts
    retired TEXT NOT NULL,              -- JSON: names that were attributes once, with their types
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- JSON object of the attributes that the tenant declared plain; the others stay sealed in `profile`.
ALTER TABLE users ADD COLUMN plain_profile TEXT NOT NULL DEFAULT '{}';
