-- More ways to prove who one is: authenticator apps, recovery codes, passkeys and security keys.

-- What must not go back: the last time step that a TOTP code was taken for (RFC 6238 section 5.2), the signature
-- counter of a passkey (WebAuthn level 3 section 6.1.1). 0: none seen.
ALTER TABLE credentials ADD COLUMN counter BIGINT NOT NULL DEFAULT 0;

-- Which passkey belongs to whom: a credential id is registered once in a tenant (WebAuthn level 3 section 7.1).
CREATE TABLE passkey_ids (
    tenant_id BYTEA NOT NULL,
    id_digest BYTEA NOT NULL,           -- SHA-256 of the authenticator's credential id
    user_id BYTEA NOT NULL,
    credential_id BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, id_digest)
);
CREATE INDEX passkey_ids_user ON passkey_ids (tenant_id, user_id);
