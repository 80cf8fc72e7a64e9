-- Pictures that people show of themselves, decoded and written anew before they came here.
CREATE TABLE avatars (
    tenant_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    name BYTEA NOT NULL,                -- random, new with every picture: what its address is made of
    small BYTEA NOT NULL,               -- sealed, person key: WebP of 96 pixels
    large BYTEA NOT NULL,               -- sealed, person key: WebP of at most 512 pixels
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX avatars_name ON avatars (tenant_id, name);
