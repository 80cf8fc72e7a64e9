-- The RP ID that a passkey was made for (WebAuthn level 3 section 4): browsers offer it on that host only. '' for those
-- made before this was noted; theirs is the host of the tenant's issuer.
ALTER TABLE passkey_ids ADD COLUMN rp_id TEXT NOT NULL DEFAULT '';
