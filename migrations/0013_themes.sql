-- Themes that are being edited, and every one that was active before. `owner` is 'tenant' or an application's id.
CREATE TABLE theme_drafts (
    tenant_id BYTEA NOT NULL,
    owner TEXT NOT NULL,
    content TEXT NOT NULL,              -- JSON: tokens, templates
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, owner)
);

CREATE TABLE theme_versions (
    tenant_id BYTEA NOT NULL,
    owner TEXT NOT NULL,
    number BIGINT NOT NULL,
    content TEXT NOT NULL,              -- as above
    activated_at BIGINT NOT NULL,
    restores BIGINT,                    -- the version that it brought back
    PRIMARY KEY (tenant_id, owner, number)
);

-- Templates that a tenant uses instead of the built-in ones.
CREATE TABLE page_templates (
    tenant_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    fault TEXT NOT NULL,                -- why the built-in one is used since an upgrade; '' when this one is
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- Logos: decoded, checked and written anew before they came here.
CREATE TABLE theme_images (
    tenant_id BYTEA NOT NULL,
    name TEXT NOT NULL,                 -- of the file: digest of the content and ending
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
