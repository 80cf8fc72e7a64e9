-- Browsers in which a person gave a second factor and asked not to be asked for it again for a while.
CREATE TABLE trusted_devices (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    device_id BYTEA NOT NULL,
    secret_digest BYTEA NOT NULL,       -- SHA-256 of the cookie's secret
    security_epoch BIGINT NOT NULL,     -- the user's when it was trusted; it counts at no other
    device BYTEA NOT NULL,              -- sealed, person key: JSON of user agent and address
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, device_id)
);
CREATE INDEX trusted_devices_expiry ON trusted_devices (tenant_id, expires_at);
