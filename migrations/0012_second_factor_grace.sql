-- Since when somebody without a second factor has been asked to set one up (settings.signin.grace_days).
CREATE TABLE second_factor_graces (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
